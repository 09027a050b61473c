import { defineTopic, instantField, type Topic } from '@millrace/contracts'
import { Registry } from '@millrace/runtime'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createKeyedMetrics, createKeyedWindows, type KeyedWindowsOptions } from '../src/index.ts'
import { type Click, clicks, expire } from './clicks-world.ts'
import { samples } from './support.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const MIDNIGHT_MS = Date.UTC(2026, 0, 1)

const outcomes = defineTopic({
  name: 'clicks.outcomes',
  schema: z.looseObject({ user: z.string(), datetime: z.string(), text: z.string() }),
  keyOf: () => 'all',
  eventTimeMs: instantField('datetime'),
  keyText: '`all`',
  why: 'How raids ended.',
})

const at = (minute: number, { id = minute, user = 'ann', page = 'home' } = {}): Click => ({
  eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  datetime: new Date(MIDNIGHT_MS + minute * MINUTE_MS).toISOString(),
  ...{ user, page, n: 1 },
})

const outcome = (user: string, atMs: number, text: string) => ({ user, text, datetime: new Date(atMs).toISOString() })

type RaidOptions = Partial<KeyedWindowsOptions<typeof clicks, { isOver: boolean }>>

/** A user's clicks are a raid; a click on `over` is its closing record. */
const raids = (options: RaidOptions = {}) =>
  createKeyedWindows<typeof clicks, { isOver: boolean }>({
    name: 'aggregator.raids',
    service: 'aggregator',
    source: clicks,
    outputs: [outcomes],
    windows: { gapMs: 10 * MINUTE_MS },
    newState: () => ({ isOver: false }),
    onRecord(state, { page }, { key, eventTimeMs, emit }) {
      if (page === 'over') emit(outcomes, outcome(key, eventTimeMs, 'over'))
      state.isOver ||= page === 'over'
    },
    onClose({ isOver }, { key, eventTimeMs, emit }) {
      if (!isOver) emit(outcomes, outcome(key, eventTimeMs, 'abandoned'))
    },
    ...options,
  })

/** `<user> <minute> <text>` of each outcome. */
const outcomesOf = async (driver: TopologyDriver): Promise<string[]> =>
  (await driver.read(outcomes)).map(
    ({ user, datetime, text }) => `${user} ${(Date.parse(datetime) - MIDNIGHT_MS) / MINUTE_MS} ${text}`,
  )

/** As `pipe`, each event sent at its own time. */
async function pipeInTime(driver: TopologyDriver, ...events: Click[]): Promise<void> {
  for (const event of events) {
    await driver.clock.advance(Math.max(0, Date.parse(event.datetime) - driver.clock.now()))
    await driver.pipe(clicks, event)
  }
}

describe('a raid whose closing record never came', () => {
  it('is abandoned ten minutes after its last event, when the next record of its partition says so', async () => {
    await using driver = await createTopologyDriver(raids())
    await pipeInTime(driver, at(0), at(9), at(1, { id: 100, user: 'bob' }), at(12))
    await driver.advance(20 * MINUTE_MS)
    // Bob is in another partition than Ann; neither had a record since.
    expect(await outcomesOf(driver)).toEqual([])
    await pipeInTime(driver, at(40, { id: 101, user: 'bob' }))
    expect(await outcomesOf(driver)).toEqual(['bob 11 abandoned'])
    await pipeInTime(driver, at(41))
    expect(await outcomesOf(driver)).toEqual(['bob 11 abandoned', 'ann 22 abandoned'])
  })

  it('is not abandoned when the closing record came', async () => {
    await using driver = await createTopologyDriver(raids())
    await pipeInTime(driver, at(0), at(5, { page: 'over' }), at(40))
    expect(await outcomesOf(driver)).toEqual(['ann 5 over'])
  })

  it('waits no day for a clock that is a day ahead', async () => {
    await using driver = await createTopologyDriver(raids())
    await pipeInTime(driver, at(0))
    await driver.pipe(clicks, at(24 * 60 - 1))
    await pipeInTime(driver, at(20))
    // The time of the event counts as a minute after it was sent.
    expect(await outcomesOf(driver)).toEqual(['ann 11 abandoned'])
  })
})

describe('the end of a window', () => {
  it('is when the watermark reaches it: from then on it is closed and its events are late', async () => {
    const windows = [
      { windows: { gapMs: 10 * MINUTE_MS }, lastMinute: 10, lateMinute: 0 },
      { windows: { lengthMs: 4 * MINUTE_MS, graceMs: 6 * MINUTE_MS }, lastMinute: 10, lateMinute: 3 },
    ]
    for (const { windows: kind, lastMinute, lateMinute } of windows) {
      const late: RaidOptions['onLate'] = (_, reason, { key, eventTimeMs, emit }) =>
        emit(outcomes, outcome(key, eventTimeMs, reason))
      await using driver = await createTopologyDriver(raids({ windows: kind, onLate: late }))
      await pipeInTime(driver, at(0), at(lastMinute - 0.001))
      expect(await outcomesOf(driver)).toEqual([])
      await pipeInTime(driver, at(lastMinute, { user: 'u5' }), at(lateMinute, { id: 100 }))
      // The session went on; the window of four minutes did not.
      const closed = 'gapMs' in kind ? [] : ['ann 10 abandoned']
      expect(await outcomesOf(driver)).toEqual([...closed, `ann ${lateMinute} after_grace`])
    }
  })

  it('is published once, although a restart reads the events again', async () => {
    const topology = raids()
    const sent = [at(0), at(20), at(21), at(40)]
    const records = sent.map((event, offset) => ({
      ...{ topic: clicks.name, partition: 0, offset, timestampMs: Date.parse(event.datetime) },
      ...{ key: Buffer.from(event.user), value: Buffer.from(JSON.stringify(event)) },
    }))
    const assignment = { topic: clicks.name, partition: 0, epoch: 1, earliest: 0, end: 4 }
    const before = topology.createProcessor(clicks as Topic, 0)
    await before.open({ ...assignment, committed: null })
    const { emits, metadata = '' } = await before.process(records.slice(0, 3))
    expect(emits).toHaveLength(1)
    const after = topology.createProcessor(clicks as Topic, 0)
    const position = await after.open({ ...assignment, committed: { offset: 3, metadata } })
    expect(position).toEqual({ readFrom: 1, publishFrom: 3 })
    expect((await after.process(records.slice(0, 3))).emits).toEqual([])
    expect((await after.process(records.slice(3))).emits).toHaveLength(1)
  })

  it('is never called for a window that lost records to retention, however often the process restarts', async () => {
    const onLate: RaidOptions['onLate'] = (_, reason, { key, eventTimeMs, emit }) =>
      emit(outcomes, outcome(key, eventTimeMs, reason))
    await using driver = await createTopologyDriver(raids({ onLate }))
    await pipeInTime(driver, at(0))
    for (const id of [1, 2, 3]) {
      await driver.advance(3_000)
      await driver.crash()
      // Also records that nobody has read.
      if (id === 3) await driver.pipe(clicks, at(0, { id: 100 }))
      await expire(driver, clicks as Topic, driver.clock.now())
      await driver.restart()
      await driver.pipe(clicks, at(0, { id }))
    }
    await pipeInTime(driver, at(60))
    expect(await outcomesOf(driver)).toEqual(Array(3).fill('ann 0 state_expired'))
  })

  it('needs an event time: an event without one is a failed event', async () => {
    await using driver = await createTopologyDriver(raids())
    await driver.pipeBytes(clicks.name, 'ann', JSON.stringify({ ...at(0), datetime: 'soon' }), 'junk')
    expect((await driver.failed()).map(({ code }) => code)).toEqual(['wrong_field', 'not_json'])
  })
})

describe('a window that an event declares', () => {
  /** A click of `home` declares ten minutes from midnight on, a click of `<minutes>` so many. */
  const declared = (options: RaidOptions = {}) =>
    raids({
      windows: {
        windowOf: ({ page }) => ({
          startMs: MIDNIGHT_MS,
          endMs: MIDNIGHT_MS + (Number(page) || 10) * MINUTE_MS,
        }),
        graceMs: 5 * MINUTE_MS,
        maxLengthMs: 30 * MINUTE_MS,
      },
      onLate: (_, reason, { key, eventTimeMs, emit }) => emit(outcomes, outcome(key, eventTimeMs, reason)),
      ...options,
    })

  it('closes when the watermark is past its end by the grace, whenever its events were', async () => {
    await using driver = await createTopologyDriver(declared())
    await pipeInTime(driver, at(0), at(2), at(14.999))
    expect(await outcomesOf(driver)).toEqual([])
    await pipeInTime(driver, at(15))
    expect(await outcomesOf(driver)).toEqual(['ann 15 abandoned', 'ann 15 after_grace'])
  })

  it('is one of each declared start: a key may have several at a time', async () => {
    const windowOf = ({ datetime, n }: Click) => {
      const startMs = Date.parse(datetime) - n * MINUTE_MS
      return { startMs, endMs: startMs + 10 * MINUTE_MS }
    }
    await using driver = await createTopologyDriver(
      declared({ windows: { windowOf, graceMs: 0, maxLengthMs: 10 * MINUTE_MS } }),
    )
    const of = (minute: number, start: number, page = 'home') => ({ ...at(minute, { page }), n: minute - start })
    await pipeInTime(driver, of(1, 0), of(5, 4), of(6, 0, 'over'), of(20, 20))
    expect(await outcomesOf(driver)).toEqual(['ann 6 over', 'ann 14 abandoned'])
  })

  it('has the latest of the ends that events declare, also for events that declare an earlier one', async () => {
    await using driver = await createTopologyDriver(declared())
    await pipeInTime(driver, at(0), at(1, { page: '20' }), at(2, { page: '5' }), at(24), at(24.5, { page: 'over' }))
    expect(await outcomesOf(driver)).toEqual(['ann 24.5 over'])
    await pipeInTime(driver, at(25))
    expect(await outcomesOf(driver)).toEqual(['ann 24.5 over', 'ann 25 after_grace'])
  })

  it('begins anew where a later end is declared after it closed', async () => {
    await using driver = await createTopologyDriver(declared())
    await pipeInTime(driver, at(0), at(16, { page: '20' }), at(40))
    expect(await outcomesOf(driver)).toEqual(['ann 15 abandoned', 'ann 25 abandoned', 'ann 40 after_grace'])
  })

  it('is not held where it is too long, has no length or begins at an implausible time', async () => {
    const metrics = createKeyedMetrics('aggregator', new Registry())
    const window = { startMs: MIDNIGHT_MS, endMs: MIDNIGHT_MS }
    const windows = {
      windowOf: () => ({ ...window }),
      graceMs: 0,
      maxLengthMs: 30 * MINUTE_MS,
    }
    await using driver = await createTopologyDriver(declared({ windows, metrics }))
    const dayAhead = MIDNIGHT_MS + 25 * HOUR_MS
    const wrong = [
      { startMs: MIDNIGHT_MS, endMs: MIDNIGHT_MS },
      { startMs: MIDNIGHT_MS, endMs: MIDNIGHT_MS - 1 },
      { startMs: MIDNIGHT_MS, endMs: MIDNIGHT_MS + 30 * MINUTE_MS + 1 },
      { startMs: dayAhead, endMs: dayAhead + MINUTE_MS },
      { startMs: Date.UTC(1999, 0, 1), endMs: Date.UTC(1999, 0, 1) + MINUTE_MS },
      { startMs: Number.NaN, endMs: Number.NaN },
    ]
    for (const [minute, declaration] of wrong.entries()) {
      Object.assign(window, declaration)
      await pipeInTime(driver, at(minute))
    }
    expect(await outcomesOf(driver)).toEqual(wrong.map((_, minute) => `ann ${minute} implausible_time`))
    expect(Object.values(await samples(metrics.keys))).toEqual([0])
    Object.assign(window, { startMs: MIDNIGHT_MS, endMs: MIDNIGHT_MS + 30 * MINUTE_MS })
    await pipeInTime(driver, at(10))
    expect(Object.values(await samples(metrics.keys))).toEqual([1])
  })

  it('has the ids of its own events, which are forgotten with it', async () => {
    const metrics = createKeyedMetrics('aggregator', new Registry())
    await using driver = await createTopologyDriver(declared({ metrics }))
    // Both of one partition.
    await pipeInTime(driver, at(0), at(1, { page: '20', user: 'u5' }), at(2, { id: 0, page: '20', user: 'u5' }))
    expect(Math.max(...Object.values(await samples(metrics.eventIds)))).toBe(3)
    await pipeInTime(driver, at(16, { user: 'u5' }))
    expect(await outcomesOf(driver)).toEqual(['ann 15 abandoned'])
    expect(Math.max(...Object.values(await samples(metrics.eventIds)))).toBe(3)
  })

  it('has timers at its end, while it waits for late events', async () => {
    await using driver = await createTopologyDriver(
      declared({
        onRecord: (_, __, { eventTimeMs, window, setTimer }) => eventTimeMs < window.endMs && setTimer(window.endMs),
        onTimer: (_, { key, eventTimeMs, emit }) => emit(outcomes, outcome(key, eventTimeMs, 'up')),
        onClose: (_, { key, eventTimeMs, emit }) => emit(outcomes, outcome(key, eventTimeMs, 'closed')),
      }),
    )
    await pipeInTime(driver, at(0), at(5, { page: '12' }), at(10), at(12), at(17))
    expect(await outcomesOf(driver)).toEqual(['ann 12 up', 'ann 17 closed', 'ann 17 after_grace'])
  })
})

describe('timers', () => {
  const timed = (setAt: (minute: number) => readonly number[], options: RaidOptions = {}) =>
    raids({
      windows: { lengthMs: HOUR_MS, graceMs: 10 * MINUTE_MS },
      onRecord(_, __, { eventTimeMs, setTimer }) {
        for (const minute of setAt((eventTimeMs - MIDNIGHT_MS) / MINUTE_MS)) setTimer(MIDNIGHT_MS + minute * MINUTE_MS)
      },
      onTimer: (_, { key, eventTimeMs, emit }) => emit(outcomes, outcome(key, eventTimeMs, 'timer')),
      onClose: (_, { key, eventTimeMs, emit }) => emit(outcomes, outcome(key, eventTimeMs, 'closed')),
      ...options,
    })

  it('are called in the order of their times, before the window is closed, and each window has one', async () => {
    // All of one partition.
    const [first, second, third, fourth] = ['ann', 'u5', 'u7', 'u8'] as const
    const minutes: Record<number, number[]> = { 0: [50, 20], 1: [15], 2: [90], 3: [65], 4: [70] }
    await using driver = await createTopologyDriver(timed(minute => minutes[minute] ?? []))
    await pipeInTime(
      driver,
      ...[at(0, { user: first }), at(1, { user: second }), at(2, { user: third }), at(3, { user: fourth })],
      ...[at(4, { user: fourth }), at(200, { user: first })],
    )
    expect(await outcomesOf(driver)).toEqual([
      `${second} 15 timer`,
      `${first} 20 timer`,
      `${first} 70 closed`,
      `${second} 70 closed`,
      `${third} 70 closed`,
      `${fourth} 70 timer`,
      `${fourth} 70 closed`,
    ])
  })

  it('that are set to a time that has come are called before the next event', async () => {
    await using driver = await createTopologyDriver(timed(minute => (minute === 10 ? [5] : [])))
    await pipeInTime(driver, at(10))
    expect(await outcomesOf(driver)).toEqual([])
    await pipeInTime(driver, at(10, { id: 11 }))
    expect(await outcomesOf(driver)).toEqual(['ann 5 timer'])
  })

  it('that set themselves to the same time again end the runner', async () => {
    const again = timed(minute => [minute + 1], { onTimer: (_, { eventTimeMs, setTimer }) => setTimer(eventTimeMs) })
    await using driver = await createTopologyDriver(again)
    await pipeInTime(driver, at(0))
    await expect(pipeInTime(driver, at(2))).rejects.toMatchObject({ code: 'step_failed' })
  })
})

describe('memory of keyed windows', () => {
  it('is that of the open windows', async () => {
    for (const windows of [{ gapMs: 10 * MINUTE_MS }, { lengthMs: 10 * MINUTE_MS, graceMs: 0 }]) {
      const metrics = createKeyedMetrics('aggregator', new Registry())
      await using driver = await createTopologyDriver(raids({ windows, metrics }))
      const many = Array.from({ length: 50 }, (_, index) => at(1, { id: index }))
      await pipeInTime(driver, ...many, at(1, { id: 3 }))
      const partition = `clicks.raw/${(await driver.records(clicks.name))[0]!.partition}`
      const of = async (name: 'keys' | 'eventIds' | 'rewind') => (await samples(metrics[name]))[partition]
      expect([await of('keys'), await of('eventIds'), await of('rewind')]).toEqual([1, 50, 51])
      await pipeInTime(driver, at(30), at(31, { id: 3 }))
      expect([await of('keys'), await of('eventIds'), await of('rewind')]).toEqual([1, 2, 2])
      expect(await samples(metrics.duplicates)).toMatchObject({ 'clicks.raw': 1 })
      await pipeInTime(driver, at(1, { id: 200 }))
      expect(await samples(metrics.late)).toMatchObject({ 'clicks.raw': 1 })
    }
  })

  it('does not grow by events to read again: a restart begins at the first event of the oldest open window, in whichever order windows close', async () => {
    const metrics = createKeyedMetrics('aggregator', new Registry())
    const windows = { lengthMs: 10 * MINUTE_MS, graceMs: 30 * MINUTE_MS }
    await using driver = await createTopologyDriver(raids({ windows, metrics }))
    const rewinds: number[] = []
    for (const minute of [25, 5, 15, 41, 51, 61]) {
      await pipeInTime(driver, at(minute))
      rewinds.push(...Object.values(await samples(metrics.rewind)))
    }
    // That of minute 5 closes at minute 41, that of minute 15 at minute 51, and that of minute 25, which is the oldest, at minute 61.
    expect(rewinds).toEqual([1, 2, 3, 4, 5, 3])
  })
})
