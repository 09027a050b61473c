import { setImmediate as turn } from 'node:timers/promises'
import {
  defineTopic,
  type EventOf,
  instantField,
  isPlausibleEventTime,
  keyField,
  type Topic,
} from '@millrace/contracts'
import type { EventLog, LogRecord } from '@millrace/event-log'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { type Arbitrary, array, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { expect } from 'vitest'
import { z } from 'zod'
import { defineLateTopic, definePartialsTopic, type Topology } from '../src/index.ts'
import { WATERMARK_AHEAD_MS } from '../src/progress.ts'
import { textOf } from './support.ts'

/** The source topic of the property tests. */
export const clicks = defineTopic({
  name: 'clicks.raw',
  schema: z.looseObject({
    eventId: z.string(),
    datetime: z.string(),
    user: z.string(),
    page: z.string(),
    n: z.number(),
  }),
  keyOf: keyField('user'),
  eventTimeMs: instantField('datetime'),
  partitions: 3,
  why: 'Clicks of users on pages.',
})
export type Click = EventOf<typeof clicks>

const beside = { source: clicks, topology: 'sums', of: 'the sums of clicks' }
export const partials = definePartialsTopic({ name: 'clicks.partials', ...beside })
export const late = defineLateTopic({ name: 'clicks.late', ...beside })

export interface SentClick {
  readonly user: string
  readonly page: string
  readonly n: number
  /** Time of sending since the record before, ms. */
  readonly gapMs: number
  /** Event time less time of sending, ms. */
  readonly offMs: number
  /** `again`: a copy of an event that was sent before. */
  readonly what: 'new' | 'again' | 'junk'
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const DAY_MS = 24 * 60 * MINUTE_MS

/** Users that are in different partitions. */
const USERS = ['ann', 'bob', 'cem', 'dee'] as const

const sentClick = record<SentClick>({
  user: constantFrom(...USERS),
  page: constantFrom('home', 'shop'),
  n: integer({ min: -2, max: 9 }),
  gapMs: oneof({ weight: 8, arbitrary: nat(9 * SECOND_MS) }, { weight: 1, arbitrary: nat(4 * MINUTE_MS) }),
  offMs: oneof(
    { weight: 6, arbitrary: constant(0) },
    { weight: 2, arbitrary: integer({ min: -MINUTE_MS, max: 0 }) },
    { weight: 2, arbitrary: integer({ min: -6 * MINUTE_MS, max: 0 }) },
    { weight: 1, arbitrary: constantFrom(-40 * 365 * DAY_MS, MINUTE_MS, DAY_MS - 1, DAY_MS, 2 * DAY_MS) },
  ),
  what: oneof(
    { weight: 8, arbitrary: constant<SentClick['what']>('new') },
    { weight: 2, arbitrary: constantFrom<SentClick['what'][]>('again', 'junk') },
  ),
})

/** One thing that happens to the topology under test. */
export type Deed =
  | { readonly kind: 'send'; readonly clicks: readonly SentClick[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'crash' | 'stop' | 'rebalance' }
  /** Kills the process at a later call to the log. */
  | { readonly kind: 'crash-at'; readonly call: number }
  /** All is worked off; the process is killed, and before it starts again retention takes every record of the source. */
  | { readonly kind: 'expire' }

const sending: Arbitrary<Deed> = record({
  kind: constant('send' as const),
  clicks: array(sentClick, { minLength: 1, maxLength: 12 }),
})
const waiting: Arbitrary<Deed> = record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) })

/** Events in any order, late, twice, with clocks that are wrong; the process is killed, stopped, and loses its partitions. */
export const deed: Arbitrary<Deed> = oneof(
  { weight: 6, arbitrary: sending },
  { weight: 3, arbitrary: waiting },
  { weight: 3, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
  { weight: 3, arbitrary: record({ kind: constant('crash-at' as const), call: integer({ min: 1, max: 16 }) }) },
)

const onlyOnce = (found: Deed): Deed =>
  found.kind === 'send'
    ? { ...found, clicks: found.clicks.map(click => (click.what === 'again' ? { ...click, what: 'new' } : click)) }
    : found

/** As `deed`, and partitions fall silent and retention takes records; no event comes twice. */
export const roughDeed: Arbitrary<Deed> = oneof(
  { weight: 3, arbitrary: deed.map(onlyOnce) },
  { weight: 1, arbitrary: constantFrom<Deed[]>({ kind: 'wait', ms: 12_000 }, { kind: 'expire' }) },
)

export interface World {
  readonly driver: TopologyDriver
  /** Every distinct event that was sent. */
  readonly sent: ReadonlyMap<string, Click>
}

export interface LiveOptions {
  /** Topics besides those that the topology reads and writes. */
  readonly topics?: readonly Topic[]
  /** Called before each deed, and once more after the last one. */
  readonly between?: (world: World, index: number) => Promise<void>
  /** What is sent in place of a new event, or (given the event that it is of) of a copy. */
  readonly write?: (click: Click, by: SentClick, copied: Click | null) => Click
}

/** Does the deeds to a topology that reads `clicks`, lets it finish its work, and returns what `look` saw. */
export async function live<Outcome>(
  topology: Topology | ((log: EventLog) => Topology),
  deeds: readonly Deed[],
  look: (world: World) => Promise<Outcome>,
  { topics = [], between, write = (click, _by, copied) => copied ?? click }: LiveOptions = {},
): Promise<Outcome> {
  let callsLeft = Number.POSITIVE_INFINITY
  const driver: TopologyDriver = await createTopologyDriver(topology, {
    topics,
    onLogCall: () => {
      if (--callsLeft === 0) driver.crashNow()
    },
  })
  const sender = await createSender(driver, write)
  const world: World = { driver, sent: sender.sent }
  const advance = async (ms: number): Promise<void> => {
    sender.sentMs += ms
    await driver.advance(ms)
    if (!driver.isRunning) await driver.restart()
  }
  /** Stage one publishes with its tick, stage two with the one after it. */
  const workOff = async (): Promise<void> => {
    callsLeft = Number.POSITIVE_INFINITY
    await advance(1)
    await advance(4 * SECOND_MS)
  }
  try {
    for (const [index, deed] of deeds.entries()) {
      await between?.(world, index)
      if (deed.kind === 'send') for (const click of deed.clicks) await sender.send(click)
      else if (deed.kind === 'wait') await advance(deed.ms)
      else if (deed.kind === 'rebalance') await driver.rebalance()
      else if (deed.kind === 'crash-at') callsLeft = deed.call
      else {
        if (deed.kind === 'expire') await workOff()
        if (deed.kind !== 'stop') await driver.crash()
        if (deed.kind === 'expire') await expire(driver, clicks as Topic, sender.sentMs)
        await driver.restart()
      }
      if (deed.kind !== 'crash-at') await advance(1)
    }
    await between?.(world, deeds.length)
    await workOff()
    return await look(world)
  } finally {
    await driver.close()
  }
}

/** Times of sending have gaps of their own, in which the process does not tick, and move with the clock besides. */
async function createSender(driver: TopologyDriver, write: NonNullable<LiveOptions['write']>) {
  const producer = await driver.log.producer({ clientId: 'sender' })
  const sent = new Map<string, Click>()
  const all: Click[] = []
  return {
    sent,
    sentMs: driver.clock.now(),
    async send(by: SentClick): Promise<void> {
      const { user, page, n, gapMs, offMs, what } = by
      this.sentMs += gapMs
      const timestampMs = this.sentMs
      const fresh: Click = {
        eventId: `00000000-0000-4000-8000-${String(all.length).padStart(12, '0')}`,
        datetime: new Date(timestampMs + offMs).toISOString(),
        user,
        page,
        n,
      }
      const click = write(fresh, by, (what === 'again' && all.at(-1 - (Math.abs(n) % 5))) || null)
      if (what !== 'junk') {
        all.push(click)
        sent.set(click.eventId, click)
      }
      const value = Buffer.from(what === 'junk' ? 'junk' : JSON.stringify(click))
      const outgoing = { key: Buffer.from(click.user), value, timestampMs }
      const [result] = await producer.append(clicks.name, [outgoing], { deadlineMs: MINUTE_MS })
      if (result?.ok !== true) throw result?.error
    },
  }
}

/** Lets retention take every record of a topic. @param sentMs newest time of sending of its records */
export async function expire({ log, clock }: TopologyDriver, topic: Topic, sentMs: number): Promise<void> {
  await log.ensureTopics([{ ...topic, retentionMs: 1 }])
  await clock.advance(Math.max(0, sentMs - clock.now()) + 2 * MINUTE_MS)
  // Files are removed in the disk's own time.
  for (let turns = 0; ; turns++) {
    if ((await log.range(topic.name)).every(({ earliest, end }) => earliest === end)) break
    if (turns > 1_000_000) throw new Error('Retention does not take the records.')
    if (turns % 1_000 === 0) await clock.advance(MINUTE_MS)
    await turn()
  }
  await log.ensureTopics([topic])
}

export interface ClickInOrder extends Click {
  readonly partition: number
  readonly offset: number
  readonly sentMs: number
  readonly timeMs: number
  readonly isPlausible: boolean
  /** Of the partition before the event, ms. */
  readonly watermarkMs: number
}

/** The events of the source topic, each partition in its order, for a plain recomputation. */
export const clicksOf = async ({ driver }: Pick<World, 'driver'>): Promise<ClickInOrder[]> =>
  clicksIn(await driver.records(clicks.name))

/** As `clicksOf`, of records of the source topic. */
export function clicksIn(records: readonly LogRecord[]): ClickInOrder[] {
  const watermarks = new Map<number, number>()
  const found: ClickInOrder[] = []
  for (const record of records.toSorted((a, b) => a.offset - b.offset)) {
    if (textOf(record) === 'junk') continue
    const { partition, offset, timestampMs } = record
    const click: Click = JSON.parse(textOf(record))
    const timeMs = Date.parse(click.datetime)
    const isPlausible = isPlausibleEventTime(timeMs, timestampMs)
    const watermarkMs = watermarks.get(partition) ?? Number.NEGATIVE_INFINITY
    found.push({ ...click, partition, offset, sentMs: timestampMs, timeMs, isPlausible, watermarkMs })
    const pulledMs = isPlausible ? Math.min(timeMs, timestampMs + WATERMARK_AHEAD_MS) : watermarkMs
    watermarks.set(partition, Math.max(watermarkMs, pulledMs))
  }
  return found
}

/** Of each name the row of the highest revision. Fails when one revision has two contents. */
export function newestOf<Row extends { readonly revision: number }>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): Map<string, Row> {
  const newest = new Map<string, Row>()
  const ofRevision = new Map<string, Row>()
  for (const row of rows) {
    const name = nameOf(row)
    expect(row).toEqual(ofRevision.get(`${name} ${row.revision}`) ?? row)
    ofRevision.set(`${name} ${row.revision}`, row)
    if (row.revision >= (newest.get(name)?.revision ?? 0)) newest.set(name, row)
  }
  return newest
}
