import type { EventOf, Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Topology } from '@millrace/stream'
import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { type Arbitrary, array, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { type AdTargetModel, type Customer, type MusicRaw, modelFeatures, music, type Track } from '../contract.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** An event time with which a clock is a day ahead: the furthest that is plausible. */
export const AHEAD_MINUTES = 24 * 60
const START_MS = Date.UTC(2026, 0, 1, 20)
const APPEND_DEADLINE_MS = 60_000

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export const listenOf = (n: number, timeMs: number, more: Partial<MusicRaw> = {}): MusicRaw => ({
  ...{ eventId: uuid(n), customer_id: 1, track_id: 7, datetime: new Date(timeMs).toISOString() },
  ...{ ismobile: 1 as const, listening_zip: '01234' },
  ...more,
})
export const customerOf = (CustID: number, more: Partial<Customer> = {}): Customer => ({
  ...{
    eventId: uuid(900_000 + CustID),
    CustID,
    Name: `Customer ${CustID}`,
    Gender: 1 as const,
    Address: '1 Mill Lane',
  },
  ...{ zip: '01234', SignDate: '06/04/2013', Status: 1 as const, Level: 0, Campaign: 1, LinkedWithApps: 0 as const },
  ...more,
})
export const trackOf = (TrackId: number, more: Partial<Track> = {}): Track => ({
  ...{ eventId: uuid(800_000 + TrackId), TrackId, Title: `Track ${TrackId}`, Artist: 'The Millers', Length: 200 },
  ...more,
})
/** A model that predicts a click where more than half of at least three listens are on mobile devices. */
export const modelOf = (version: number, more: Partial<AdTargetModel> = {}): AdTargetModel => ({
  ...{ eventId: uuid(700_000 + version), name: 'ad-target', version, trainedAt: '2026-01-01T00:00:00.000Z' },
  features: [...modelFeatures] as unknown as AdTargetModel['features'],
  ...{ coefficients: [0, 0, 0, 0, 8, 1], intercept: -4.5, threshold: 0.5, minPlays: 3 },
  ...{ error: 0.06, baselineError: 0.2, examples: 100 },
  ...more,
})

interface Crowd {
  readonly customers: number
  readonly tracks: number
  /** Minutes between two listens, most of the time. */
  readonly gapMinutes: number
}

const sentOf = ({ customers, tracks, gapMinutes }: Crowd) =>
  record({
    customer: nat({ max: customers - 1 }),
    track: nat({ max: tracks - 1 }),
    ismobile: constantFrom(0 as const, 1 as const),
    gapMinutes: oneof({ weight: 9, arbitrary: nat({ max: gapMinutes }) }, { weight: 1, arbitrary: nat({ max: 200 }) }),
    /** Event time less time of sending. */
    offMinutes: oneof(
      { weight: 6, arbitrary: constant(0) },
      { weight: 3, arbitrary: integer({ min: -10, max: 0 }) },
      { weight: 1, arbitrary: constantFrom(AHEAD_MINUTES, AHEAD_MINUTES + 1, -60 * 365 * 24 * 60) },
    ),
    /** The event that is sent again in its place, counted from the last; 0 for none. */
    again: oneof({ weight: 5, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
  })

/** What happens to a process: time passes, it ends and begins again, and its partitions are taken and given back. */
export const disturbances = oneof(
  { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
  { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
  // Ends the process at the given call to its log from now on.
  { weight: 3, arbitrary: record({ kind: constant('crash-at' as const), call: integer({ min: 1, max: 12 }) }) },
)
export const sendingOf = (crowd: Crowd) =>
  record({ kind: constant('send' as const), listens: array(sentOf(crowd), { minLength: 1, maxLength: 9 }) })
/** A record of another topic. */
export interface Row {
  readonly kind: 'row'
  readonly to: 'customers' | 'tracks' | 'models'
  readonly event: Customer | Track | AdTargetModel
}
export type Deed =
  | Row
  | (ReturnType<typeof sendingOf> extends Arbitrary<infer T> ? T : never)
  | (typeof disturbances extends Arbitrary<infer T> ? T : never)

export interface StoredListen {
  readonly event: MusicRaw
  readonly timeMs: number
  readonly sentMs: number
  readonly partition: number
  readonly offset: number
  readonly isAhead: boolean
}

export interface DisturbedRun {
  readonly driver: TopologyDriver
  /** In the order in which they were stored. */
  readonly listens: readonly StoredListen[]
}

/** Lets a process work on what happens, and calls `check` when all of it is done. */
export async function runDisturbed(
  topology: (log: EventLog) => Topology,
  deeds: readonly Deed[],
  check: (run: DisturbedRun) => Promise<void>,
): Promise<void> {
  const { raw, customers, tracks, models } = music.topics
  let callsLeft = Number.POSITIVE_INFINITY
  const box: { driver?: TopologyDriver } = {}
  await using driver = await createTopologyDriver(topology, {
    topics: [raw, customers, tracks, models],
    onLogCall: () => {
      if (--callsLeft === 0) box.driver?.crashNow()
    },
  })
  box.driver = driver
  const producer = await driver.log.producer({ clientId: 'sender' })
  const store = async (topic: Topic, event: EventOf<Topic>, timestampMs: number) => {
    const record = { key: Buffer.from(topic.keyOf(event)), value: Buffer.from(JSON.stringify(event)), timestampMs }
    const [result] = await producer.append(topic.name, [record], { deadlineMs: APPEND_DEADLINE_MS })
    if (result?.ok !== true) throw result?.error
    return result
  }
  const revive = async (): Promise<void> => {
    await driver.advance(1)
    if (!driver.isRunning) await driver.restart()
  }
  let sentMs = START_MS
  const listens: StoredListen[] = []
  for (const deed of deeds) {
    if (deed.kind === 'send')
      for (const { customer, track, ismobile, gapMinutes, offMinutes, again } of deed.listens) {
        sentMs += gapMinutes * MINUTE_MS
        const earlier = again > 0 ? listens.at(-again) : undefined
        const isCopy = earlier !== undefined && sentMs - earlier.sentMs <= HOUR_MS
        const timeMs = isCopy ? earlier.timeMs : sentMs + offMinutes * MINUTE_MS
        const event = isCopy
          ? earlier.event
          : listenOf(listens.length, timeMs, { customer_id: customer, track_id: track, ismobile })
        const isAhead = isCopy ? earlier.isAhead : offMinutes >= AHEAD_MINUTES
        const { partition, offset } = await store(raw, event, sentMs)
        listens.push({ event, timeMs, sentMs, partition, offset, isAhead })
      }
    else if (deed.kind === 'row') await store(music.topics[deed.to], deed.event, sentMs)
    else if (deed.kind === 'wait') await driver.advance(deed.ms)
    else if (deed.kind === 'crash-at') callsLeft = deed.call
    else await disturb(driver, deed.kind)
    if (deed.kind !== 'crash-at') await revive()
  }
  callsLeft = Number.POSITIVE_INFINITY
  await revive()
  await driver.advance(3_000)
  await check({ driver, listens })
}

/** The first of each event. */
export function distinct(listens: readonly StoredListen[]): StoredListen[] {
  const ids = new Set<string>()
  return listens.filter(({ event: { eventId } }) => !ids.has(eventId) && ids.add(eventId))
}

/** The record with the highest revision of each key; records of one revision are the same. */
export function newest<T extends { readonly revision: number }>(all: readonly T[], keyOf: (event: T) => string) {
  const found = new Map<string, T>()
  for (const event of all) {
    const key = keyOf(event)
    if (event.revision >= (found.get(key)?.revision ?? -1)) found.set(key, event)
  }
  return found
}
