import { defineTopic, instantField, keyField } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { array, assert, asyncProperty, oneof } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createKeyedWindows,
  type DeclaredWindows,
  type SessionWindows,
  type TimeWindow,
  type Topology,
  type TumblingWindows,
} from '../src/index.ts'
import { WATERMARK_AHEAD_MS } from '../src/progress.ts'
import { type Click, type ClickInOrder, clicks, clicksIn, type Deed, deed, live, roughDeed } from './clicks-world.ts'

const SECOND_MS = 1_000
const QUOTA = 12
const FIRST_TIMER_MS = 30 * SECOND_MS
const NEXT_TIMER_MS = 45 * SECOND_MS

const notices = defineTopic({
  name: 'clicks.notices',
  schema: z.looseObject({ eventId: z.string(), datetime: z.string(), user: z.string(), n: z.number() }),
  keyOf: keyField('user'),
  eventTimeMs: instantField('datetime'),
  why: 'What is said of windows.',
})

const notice = (text: string, { atMs, user, n }: { atMs: number; user: string; n: number }) => ({
  eventId: `${text} at ${atMs} of ${user}`,
  datetime: new Date(atMs).toISOString(),
  user,
  n,
})

/** Says when a user crosses the quota, how the window stands at its timers, how it ended, and what was late. */
const quotas = createKeyedWindows({
  name: 'quotas.test',
  service: 'quotas',
  source: clicks,
  outputs: [notices],
  windows: { lengthMs: 60 * SECOND_MS, graceMs: 120 * SECOND_MS },
  newState: () => ({ n: 0, isTimed: false }),
  onRecord(state, { n, eventId }, { key, eventTimeMs, window, emit, setTimer }) {
    if (!state.isTimed) setTimer(window.startMs + FIRST_TIMER_MS)
    state.isTimed = true
    state.n += n
    if (state.n > QUOTA && state.n - n <= QUOTA)
      emit(notices, notice(`crossed by ${eventId}`, { atMs: eventTimeMs, user: key, n: state.n }))
  },
  onTimer({ n }, { key, eventTimeMs, emit, setTimer }) {
    emit(notices, notice('timer', { atMs: eventTimeMs, user: key, n }))
    setTimer(eventTimeMs + NEXT_TIMER_MS)
  },
  onClose: ({ n }, { key, window, emit }) => emit(notices, notice('closed', { atMs: window.startMs, user: key, n })),
  onLate: ({ eventId }, reason, { key, eventTimeMs, emit }) =>
    emit(notices, notice(`${reason} ${eventId}`, { atMs: eventTimeMs, user: key, n: 0 })),
})

const GAP_MS = 90 * SECOND_MS
const isLast = ({ page, n }: Pick<Click, 'page' | 'n'>): boolean => page === 'shop' && n > 7

const overBy = ({ eventId }: Pick<Click, 'eventId'>, { startMs }: Pick<TimeWindow, 'startMs'>): string =>
  `over by ${eventId} since ${startMs}`

/** The clicks of a user are a raid: its last record says that it is over, else it is given up a while after its newest one. */
const raids = createKeyedWindows({
  name: 'raids.test',
  service: 'raids',
  source: clicks,
  outputs: [notices],
  windows: { gapMs: GAP_MS },
  newState: () => ({ n: 0, isTimed: false, isOver: false }),
  onRecord(state, event, { key, eventTimeMs, window, emit, setTimer }) {
    if (!state.isTimed) setTimer(eventTimeMs + FIRST_TIMER_MS)
    state.isTimed = true
    state.n += event.n
    // A copy of an event of the future that is sent after the end of its raid begins another one.
    if (isLast(event) && !state.isOver)
      emit(notices, notice(overBy(event, window), { atMs: eventTimeMs, user: key, n: state.n }))
    state.isOver ||= isLast(event)
  },
  onTimer({ n }, { key, eventTimeMs, emit, setTimer }) {
    emit(notices, notice('timer', { atMs: eventTimeMs, user: key, n }))
    setTimer(eventTimeMs + NEXT_TIMER_MS)
  },
  onClose({ n, isOver }, { key, window, emit }) {
    const text = isOver ? `closed ${window.endMs}` : `abandoned ${window.endMs}`
    emit(notices, notice(text, { atMs: window.startMs, user: key, n }))
  },
  onLate: ({ eventId }, reason, { key, eventTimeMs, emit }) =>
    emit(notices, notice(`${reason} ${eventId}`, { atMs: eventTimeMs, user: key, n: 0 })),
})

/** Windows of whole minutes that clicks declare; some without a length, some too long. Clicks of one window declare different ends. */
const declared: DeclaredWindows<Pick<Click, 'datetime' | 'n'>> = {
  windowOf({ datetime, n }) {
    const startMs = Math.floor(Date.parse(datetime) / (60 * SECOND_MS)) * 60 * SECOND_MS
    return { startMs, endMs: startMs + (n + 1) * 20 * SECOND_MS }
  },
  graceMs: 60 * SECOND_MS,
  maxLengthMs: 180 * SECOND_MS,
}

/** Says how a declared window stands at its timers, how it ended, and what was late. */
const visits = createKeyedWindows({
  name: 'visits.test',
  service: 'visits',
  source: clicks,
  outputs: [notices],
  windows: declared,
  newState: () => ({ n: 0, isTimed: false }),
  onRecord(state, { n }, { window, setTimer }) {
    if (!state.isTimed) setTimer(window.startMs + FIRST_TIMER_MS)
    state.isTimed = true
    state.n += n
  },
  onTimer({ n }, { key, eventTimeMs, window, emit, setTimer }) {
    // A window that begins anew has a later end than the one before.
    emit(notices, notice(`timer of ${window.startMs} to ${window.endMs}`, { atMs: eventTimeMs, user: key, n }))
    setTimer(eventTimeMs + NEXT_TIMER_MS)
  },
  onClose: ({ n }, { key, window, emit }) =>
    emit(notices, notice(`closed ${window.endMs}`, { atMs: window.startMs, user: key, n })),
  onLate: ({ eventId }, reason, { key, eventTimeMs, emit }) =>
    emit(notices, notice(`${reason} ${eventId}`, { atMs: eventTimeMs, user: key, n: 0 })),
})

interface PlainWindow {
  readonly user: string
  readonly offset: number
  /** Watermark before its first event. */
  readonly beforeMs: number
  readonly ids: Set<string>
  startMs: number
  endMs: number
  timerMs: number
  n: number
  isOver: boolean
}

type Kind = TumblingWindows | SessionWindows | typeof declared
type Notice = ReturnType<typeof notice>

/** The window of an event alone, by each kind's own words. */
function windowOf(click: ClickInOrder, kind: Kind): TimeWindow {
  const { timeMs, sentMs } = click
  if ('windowOf' in kind) return kind.windowOf(click)
  const startMs =
    'gapMs' in kind ? Math.min(timeMs, sentMs + WATERMARK_AHEAD_MS) : Math.floor(timeMs / kind.lengthMs) * kind.lengthMs
  return { startMs, endMs: startMs + ('gapMs' in kind ? kind.gapMs : kind.lengthMs) }
}

/** The events of one partition, looking at every open window at every event. `losses`: offsets at which retention took all records. */
function recompute(events: readonly ClickInOrder[], kind: Kind, losses: readonly number[]): Notice[] {
  const found: Notice[] = []
  let open: PlainWindow[] = []
  let watermarkMs = Number.NEGATIVE_INFINITY
  let newestMs = Number.NEGATIVE_INFINITY
  let lostUpToMs = Number.NEGATIVE_INFINITY
  const graceMs = 'gapMs' in kind ? 0 : kind.graceMs
  const say = (text: string, at: Parameters<typeof notice>[1]) => found.push(notice(text, at))

  const callDue = () => {
    const calls: { atMs: number; offset: number; call: () => void }[] = []
    for (const window of open) {
      const { offset, user, n, isOver, startMs, endMs } = window
      const closeMs = endMs + graceMs
      for (; window.timerMs <= Math.min(watermarkMs, closeMs); window.timerMs += NEXT_TIMER_MS) {
        const atMs = window.timerMs
        const text = 'windowOf' in kind ? `timer of ${startMs} to ${endMs}` : 'timer'
        calls.push({ atMs, offset, call: () => say(text, { atMs, user, n }) })
      }
      if (closeMs > watermarkMs) continue
      const ending = 'gapMs' in kind && !isOver ? 'abandoned' : 'closed'
      const text = 'lengthMs' in kind ? ending : `${ending} ${endMs}`
      calls.push({ atMs: closeMs, offset, call: () => say(text, { atMs: startMs, user, n }) })
    }
    open = open.filter(({ endMs }) => endMs + graceMs > watermarkMs)
    for (const { call } of calls.sort((a, b) => a.atMs - b.atMs || a.offset - b.offset)) call()
  }

  const lose = () => {
    if (open.length === 0) return
    lostUpToMs = newestMs
    watermarkMs = open.reduce((a, b) => (a.offset < b.offset ? a : b)).beforeMs
    open = []
  }

  let left = losses
  for (const click of events) {
    const { user, page, n, eventId, offset, timeMs, sentMs } = click
    for (; left.length > 0 && left[0]! <= offset; left = left.slice(1)) lose()
    const beforeMs = watermarkMs
    const usableMs = Math.min(timeMs, sentMs + WATERMARK_AHEAD_MS)
    if (click.isPlausible) watermarkMs = Math.max(watermarkMs, usableMs)
    callDue()
    const { startMs, endMs } = windowOf(click, kind)
    let window = open.find(other => other.user === user && ('gapMs' in kind || other.startMs === startMs))
    const isTooLong = 'windowOf' in kind && (endMs <= startMs || endMs - startMs > kind.maxLengthMs)
    const isPlausible = click.isPlausible && !isTooLong
    // A declared window may be open still, because another event declared a later end.
    const isLate = endMs + graceMs <= watermarkMs && !('windowOf' in kind && window)
    if (!isPlausible || isLate || startMs <= lostUpToMs) {
      const reason = !isPlausible ? 'implausible_time' : isLate ? 'after_grace' : 'state_expired'
      say(`${reason} ${eventId}`, { atMs: timeMs, user, n: 0 })
      continue
    }
    if (window?.ids.has(eventId)) continue
    newestMs = Math.max(newestMs, startMs)
    if (!window) {
      const timerMs = ('gapMs' in kind ? timeMs : startMs) + FIRST_TIMER_MS
      window = { user, offset, beforeMs, ids: new Set(), startMs, endMs, timerMs, n: 0, isOver: false }
      open.push(window)
    }
    window.ids.add(eventId)
    window.startMs = Math.min(window.startMs, startMs)
    window.endMs = Math.max(window.endMs, endMs)
    window.n += n
    const at = { atMs: timeMs, user, n: window.n }
    if ('lengthMs' in kind && window.n > QUOTA && window.n - n <= QUOTA) say(`crossed by ${eventId}`, at)
    if ('gapMs' in kind && isLast({ page, n }) && !window.isOver) say(overBy({ eventId }, window), at)
    window.isOver ||= isLast({ page, n })
  }
  return found
}

/** By user, each notice as it came first; of copies, every one must have the same content. */
function firstOf(found: readonly Notice[]): Record<string, Notice[]> {
  const first = new Map<string, Notice>()
  for (const one of found) {
    expect(one).toEqual(first.get(one.eventId) ?? one)
    if (!first.has(one.eventId)) first.set(one.eventId, one)
  }
  return Object.fromEntries(Map.groupBy(first.values(), ({ user }) => user))
}

async function expectRecomputed(topology: Topology, kind: Kind, deeds: readonly Deed[]): Promise<void> {
  const all = new Map<string, LogRecord>()
  const losses = new Map<number, number[]>()
  await live(
    topology,
    deeds,
    async ({ driver }) => {
      const expected: Notice[] = []
      for (const [partition, records] of Map.groupBy(all.values(), record => record.partition))
        expected.push(...recompute(clicksIn(records), kind, losses.get(partition) ?? []))
      expect(firstOf((await driver.read(notices)) as Notice[])).toEqual(firstOf(expected))
    },
    {
      async between({ driver }, index) {
        for (const record of await driver.records(clicks.name)) all.set(`${record.partition} ${record.offset}`, record)
        if (deeds[index]?.kind !== 'expire') return
        for (const { partition, end } of await driver.log.range(clicks.name))
          losses.set(partition, [...(losses.get(partition) ?? []), end])
      },
    },
  )
}

describe('state per key and window with event-time timers', () => {
  it.each([
    { of: 'tumbling windows', topology: quotas, kind: { lengthMs: 60 * SECOND_MS, graceMs: 120 * SECOND_MS } },
    { of: 'sessions', topology: raids, kind: { gapMs: GAP_MS } },
    { of: 'declared windows', topology: visits, kind: declared },
  ])(
    'equals a plain recomputation of $of: any order, copies, lateness, kills at any call, rebalances, retention',
    async ({ topology, kind }) => {
      await assert(
        asyncProperty(array(oneof({ weight: 3, arbitrary: deed }, roughDeed), { minLength: 4, maxLength: 16 }), deeds =>
          expectRecomputed(topology, kind, deeds),
        ),
        { numRuns: 60, endOnFailure: true },
      )
    },
    240_000,
  )
})
