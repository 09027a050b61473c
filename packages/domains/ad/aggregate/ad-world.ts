import { isPlausibleEventTime } from '@millrace/contracts'
import type { EventLog, LogRecord } from '@millrace/event-log'
import { type Topology, WATERMARK_AHEAD_MS } from '@millrace/stream'
import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { type Arbitrary, array, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { type AdKind, type AdRaw, ad } from '../contract.ts'
import { LATENESS_MS, MINUTE_MS } from './lateness.ts'

const { raw } = ad.topics
const DAY_MS = 24 * 60 * MINUTE_MS

export interface SentAction {
  readonly account: string
  readonly adId: string
  readonly kind: AdKind
  readonly seconds: number
  /** Time of sending since the record before, ms. */
  readonly gapMs: number
  /** Event time less time of sending, ms. */
  readonly offMs: number
  /** A copy of the event that was sent so many events before, where there is one. */
  readonly copies: number | null
}

const sentAction = record<SentAction>({
  // Viewers that are in different partitions.
  account: constantFrom('ann', 'bob', 'cem'),
  adId: constantFrom('soap', 'game'),
  kind: oneof(
    { weight: 5, arbitrary: constant<AdKind>('click') },
    { weight: 2, arbitrary: constantFrom<AdKind[]>('impression', 'view-start', 'view-end') },
  ),
  seconds: constantFrom(1, 2.5, 0.001),
  gapMs: oneof(
    { weight: 6, arbitrary: nat(40_000) },
    { weight: 2, arbitrary: constantFrom(0, 59_999, 60_000, 60_001) },
    { weight: 1, arbitrary: nat(40 * MINUTE_MS) },
  ),
  offMs: oneof(
    { weight: 5, arbitrary: constant(0) },
    { weight: 3, arbitrary: integer({ min: -10 * MINUTE_MS, max: 0 }) },
    { weight: 2, arbitrary: integer({ min: -75 * MINUTE_MS, max: 0 }) },
    { weight: 1, arbitrary: constantFrom(-40 * 365 * DAY_MS, MINUTE_MS, DAY_MS, DAY_MS + 1) },
  ),
  copies: oneof({ weight: 8, arbitrary: constant(null) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
})

/** One thing that happens. */
export type Deed =
  | { readonly kind: 'send'; readonly actions: readonly SentAction[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'crash' | 'stop' | 'rebalance' }
  /** Kills the process at a later call to the log. */
  | { readonly kind: 'crash-at'; readonly call: number }

const sending: Arbitrary<Deed> = record({
  kind: constant('send' as const),
  actions: array(sentAction, { minLength: 1, maxLength: 14 }),
})
const waiting: Arbitrary<Deed> = record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) })
const killing: Arbitrary<Deed> = record({ kind: constant('crash-at' as const), call: integer({ min: 1, max: 16 }) })
const deed = oneof(
  { weight: 6, arbitrary: sending },
  { weight: 2, arbitrary: waiting },
  { weight: 2, arbitrary: killing },
  { weight: 2, arbitrary: constantFrom<Deed[]>({ kind: 'crash' }, { kind: 'stop' }, { kind: 'rebalance' }) },
)

/** Events in any order, late, twice, with clocks that are wrong; the process is killed, stopped, and loses its partitions. */
export const deeds: Arbitrary<Deed[]> = array(deed, { minLength: 3, maxLength: 16 })

let made = 0

/** A raw event of a viewer. */
export const rawEvent = (
  timeMs: number,
  { account = 'ann', adId = 'soap', kind = 'click' as AdKind, seconds = 1, id = ++made, age = 30 } = {},
): AdRaw => ({
  eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  datetime: new Date(timeMs).toISOString(),
  kind,
  Ad: { ad_id: adId, viewing_time: kind === 'view-end' ? seconds : 0 },
  User: { account, gender: 'female', age },
})

/** Sends actions to `ad.raw` with times of sending of their own. */
export async function createViewers(driver: TopologyDriver) {
  const producer = await driver.log.producer({ clientId: 'viewers' })
  const all: AdRaw[] = []
  let sentMs = driver.clock.now()
  return async ({ account, adId, kind, seconds, gapMs, offMs, copies }: SentAction): Promise<void> => {
    sentMs += gapMs
    const fresh = rawEvent(sentMs + offMs, { account, adId, kind, seconds, id: all.length + 1 })
    const event = (copies === null ? null : all.at(-copies)) ?? fresh
    all.push(event)
    const outgoing = {
      key: Buffer.from(event.User.account),
      value: Buffer.from(JSON.stringify(event)),
      timestampMs: sentMs,
    }
    const [result] = await producer.append(raw.name, [outgoing], { deadlineMs: MINUTE_MS })
    if (result?.ok !== true) throw result?.error
  }
}

/** Does the deeds to a topology that reads `ad.raw`, lets it finish its work, and calls `look`. */
export async function live(
  topology: Topology | ((log: EventLog) => Topology),
  deeds: readonly Deed[],
  look: (driver: TopologyDriver) => Promise<void>,
): Promise<void> {
  let callsLeft = Number.POSITIVE_INFINITY
  const driver: TopologyDriver = await createTopologyDriver(topology, {
    onLogCall: () => {
      if (--callsLeft === 0) driver.crashNow()
    },
  })
  const advance = async (ms: number): Promise<void> => {
    await driver.advance(ms)
    if (!driver.isRunning) await driver.restart()
  }
  try {
    const send = await createViewers(driver)
    for (const deed of deeds) {
      if (deed.kind === 'send') for (const action of deed.actions) await send(action)
      else if (deed.kind === 'wait') await advance(deed.ms)
      else if (deed.kind === 'crash-at') callsLeft = deed.call
      else await disturb(driver, deed.kind)
      await advance(1)
    }
    callsLeft = Number.POSITIVE_INFINITY
    await advance(1)
    // Each stage publishes with its tick.
    await advance(6_000)
    await look(driver)
  } finally {
    await driver.close()
  }
}

/** A time of an event in the order of its partition. */
interface Arrival {
  readonly isPlausible: boolean
  /** Of the partition before the event, ms. */
  readonly watermarkMs: number
  /** Of the partition of `ad.activity`, to which copies of a judged event do not come, ms. */
  readonly activityWatermarkMs: number
}

/** What an event has to count for, from the source topic alone. */
export interface Expected {
  readonly event: AdRaw
  readonly timeMs: number
  /** Of the event and its copies. */
  readonly arrivals: Arrival[]
  /** Whether it came too late to be judged. */
  isLate: boolean
  isCounted: boolean
}

/** End of the time for which a minute counts an event, ms of the watermark. */
export const minuteClosesMs = (timeMs: number): number => (Math.floor(timeMs / MINUTE_MS) + 1) * MINUTE_MS + LATENESS_MS

/** Whether a window over `ad.activity` counts an event. */
export const isTaken = ({ timeMs, arrivals }: Expected, closesMs: (timeMs: number) => number): boolean =>
  arrivals.some(({ isPlausible, activityWatermarkMs }) => isPlausible && closesMs(timeMs) > activityWatermarkMs)

/** Every distinct event with what it has to count for: a plain recomputation. */
export function expectedOf(records: readonly LogRecord[]): Map<string, Expected> {
  const watermarks = new Map<number, number>()
  const activityWatermarks = new Map<number, number>()
  const found = new Map<string, Expected>()
  for (const { partition, timestampMs, value } of records.toSorted((a, b) => a.offset - b.offset)) {
    const event = JSON.parse(value.toString()) as AdRaw
    const timeMs = Date.parse(event.datetime!)
    const watermarkMs = watermarks.get(partition) ?? Number.NEGATIVE_INFINITY
    const activityWatermarkMs = activityWatermarks.get(partition) ?? Number.NEGATIVE_INFINITY
    const isPlausible = isPlausibleEventTime(timeMs, timestampMs)
    const isOpen = isPlausible && minuteClosesMs(timeMs) > watermarkMs
    const known = found.get(event.eventId) ?? { event, timeMs, arrivals: [], isLate: true, isCounted: false }
    const isCopy = isOpen && !known.isLate
    found.set(event.eventId, known)
    known.arrivals.push({ isPlausible, watermarkMs, activityWatermarkMs })
    if (isOpen) known.isLate = false
    if (!isPlausible) continue
    const reachedMs = Math.min(timeMs, timestampMs + WATERMARK_AHEAD_MS)
    watermarks.set(partition, Math.max(watermarkMs, reachedMs))
    if (!isCopy) activityWatermarks.set(partition, Math.max(activityWatermarkMs, reachedMs))
  }
  const clicks = [...found.values()].filter(({ event, isLate }) => event.kind === 'click' && !isLate)
  clicks.sort((a, b) => a.timeMs - b.timeMs || (a.event.eventId < b.event.eventId ? -1 : 1))
  const countedMs = new Map<string, number>()
  for (const click of clicks) {
    const key = `${click.event.User.account} ${click.event.Ad.ad_id}`
    if (click.timeMs - (countedMs.get(key) ?? Number.NEGATIVE_INFINITY) < 60_000) continue
    click.isCounted = true
    countedMs.set(key, click.timeMs)
  }
  return found
}
