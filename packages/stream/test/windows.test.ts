import { defineTopic, instantField, isPlausibleEventTime, keyField, type Topic } from '@millrace/contracts'
import { createTopologyDriver, type TopologyDriver, type TopologyDriverOptions } from '@millrace/testing'
import { array, assert, asyncProperty, boolean, constantFrom, integer, nat, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createWindowedAggregation, groupKey, lateEvents, type WindowPartial, windowPartial } from '../src/index.ts'
import { WATERMARK_AHEAD_MS } from '../src/progress.ts'

const WINDOW_MS = 60_000
const GRACE_MS = 120_000
const NOON_MS = Date.UTC(2026, 0, 1)

const source = defineTopic({
  name: 'test.raw',
  schema: z.looseObject({
    eventId: z.string(),
    datetime: z.string(),
    key: z.string(),
    colour: z.string(),
    n: z.number(),
  }),
  keyOf: keyField('key'),
  eventTimeMs: instantField('datetime'),
  partitions: 3,
  why: 'Events that are summed.',
})
const partials = defineTopic({
  name: 'test.partials',
  schema: windowPartial,
  keyOf: (event: WindowPartial) => groupKey(event.group),
  eventTimeMs: instantField('window'),
  partitions: 2,
  why: 'Partial results.',
})
const results = defineTopic({
  name: 'test.results',
  schema: z.looseObject({
    window: z.string(),
    colour: z.string(),
    sum: z.number(),
    events: z.number(),
    revision: z.number(),
  }),
  keyOf: keyField('colour'),
  eventTimeMs: instantField('window'),
  why: 'Sums per window and colour.',
})
const late = defineTopic({
  name: 'test.late',
  schema: lateEvents,
  keyOf: keyField('eventId'),
  eventTimeMs: instantField('datetime'),
  why: 'Events that no window counts.',
})

const sums = (idleAfterMs = 600_000) =>
  createWindowedAggregation({
    name: 'aggregator.test',
    service: 'aggregator',
    source,
    partials: partials as Topic,
    results,
    late: late as Topic,
    windowMs: WINDOW_MS,
    graceMs: GRACE_MS,
    idleAfterMs,
    groupsOf: event => [['colour', event.colour], ['all']],
    zero: 0,
    add: (sum, event) => sum + event.n,
    merge: (a, b) => a + b,
    toEvent: ({ windowMs, group, events, result, revision }) => ({
      window: new Date(windowMs).toISOString(),
      colour: group[1] ?? 'all',
      sum: result,
      events,
      revision,
    }),
  })

const open = (options: TopologyDriverOptions = {}): Promise<TopologyDriver> => createTopologyDriver(sums(), options)

interface Sent {
  readonly id: number
  readonly key: string
  readonly colour: string
  readonly n: number
  /** Event time less the time of the driver's start, ms. */
  readonly atMs: number
}

const eventOf = ({ id, key, colour, n, atMs }: Sent) => ({
  eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  datetime: new Date(NOON_MS + atMs).toISOString(),
  key,
  colour,
  n,
})

/** What the windows have to hold and which events are late, from the source topic alone. */
async function expectedOf(driver: TopologyDriver) {
  const windows = new Map<string, { sum: number; events: number }>()
  const lateIds = new Set<string>()
  const partitions = Map.groupBy(await driver.records(source.name), record => record.partition)
  for (const records of partitions.values()) {
    let watermarkMs = Number.NEGATIVE_INFINITY
    const counted = new Set<string>()
    for (const { value, timestampMs } of records.toSorted((a, b) => a.offset - b.offset)) {
      const { eventId, datetime, colour, n } = JSON.parse(value.toString()) as ReturnType<typeof eventOf>
      const timeMs = Date.parse(datetime)
      const startMs = Math.floor(timeMs / WINDOW_MS) * WINDOW_MS
      const isLate = !isPlausibleEventTime(timeMs, timestampMs) || startMs + WINDOW_MS + GRACE_MS <= watermarkMs
      if (isPlausibleEventTime(timeMs, timestampMs))
        watermarkMs = Math.max(watermarkMs, Math.min(timeMs, timestampMs + WATERMARK_AHEAD_MS))
      if (isLate) lateIds.add(`${eventId}:late`)
      else if (!counted.has(`${startMs} ${eventId}`)) {
        counted.add(`${startMs} ${eventId}`)
        for (const group of [colour, 'all']) {
          const key = `${new Date(startMs).toISOString()} ${group}`
          const { sum, events } = windows.get(key) ?? { sum: 0, events: 0 }
          windows.set(key, { sum: sum + n, events: events + 1 })
        }
      }
    }
  }
  return { windows, lateIds }
}

/** What was published: of each window and group the result of the highest revision. One revision never has two results. */
async function publishedBy(driver: TopologyDriver) {
  const newest = new Map<string, { sum: number; events: number; revision: number }>()
  const ofRevision = new Map<string, string>()
  for (const { window, colour, sum, events, revision } of await driver.read(results)) {
    const key = `${window} ${colour}`
    const result = `${sum} over ${events}`
    expect(ofRevision.get(`${key} ${revision}`) ?? result).toBe(result)
    ofRevision.set(`${key} ${revision}`, result)
    if ((newest.get(key)?.revision ?? 0) <= revision) newest.set(key, { sum, events, revision })
  }
  return new Map([...newest].map(([key, { sum, events }]) => [key, { sum, events }]))
}

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))

async function expectRight(driver: TopologyDriver): Promise<void> {
  // Partial results, then merged ones: each a flush later.
  await driver.advance(4_000)
  const { windows, lateIds } = await expectedOf(driver)
  expect(sorted(await publishedBy(driver))).toEqual(sorted(windows))
  expect(new Set((await driver.read(late)).map(event => event.eventId))).toEqual(lateIds)
}

const sent = record({
  id: nat({ max: 60 }),
  key: constantFrom('ann', 'bob', 'cem', 'dee', 'eva'),
  colour: constantFrom('red', 'green', 'blue'),
  n: integer({ min: -5, max: 100 }),
  atMs: integer({ min: -600_000, max: 600_000 }),
}).map(event => ({ ...event, key: 'abcde'[event.id % 5]! }))
/** What happens: events, in one request or several, and time that goes on. */
const batches = array(record({ events: array(sent, { minLength: 1, maxLength: 12 }), pauseMs: nat({ max: 90_000 }) }), {
  minLength: 1,
  maxLength: 10,
})

describe('windowed sums', () => {
  it('are published about once a second while they change, with revisions that grow', async () => {
    await using driver = await open()
    await driver.pipe(source, eventOf({ id: 1, key: 'ann', colour: 'red', n: 2, atMs: 0 }))
    await driver.advance(3_000)
    await driver.pipe(
      source,
      eventOf({ id: 2, key: 'ann', colour: 'red', n: 3, atMs: 1_000 }),
      eventOf({ id: 3, key: 'bob', colour: 'red', n: 5, atMs: 2_000 }),
    )
    await driver.advance(3_000)
    const red = (await driver.read(results)).filter(({ colour }) => colour === 'red')
    expect(red.map(({ sum, events }) => [sum, events])).toEqual([
      [2, 1],
      [10, 3],
    ])
    expect(red[1]!.revision).toBeGreaterThan(red[0]!.revision)
  })

  it('equal a plain recomputation, whatever the order, duplicates and lateness', async () => {
    await assert(
      asyncProperty(batches, async all => {
        await using driver = await open()
        for (const { events, pauseMs } of all) {
          await driver.pipe(source, ...events.map(eventOf))
          await driver.clock.advance(pauseMs)
        }
        await expectRight(driver)
      }),
      { numRuns: 30 },
    )
  }, 180_000)

  it('equal it after a crash at any call to the log, and after a rebalance in the middle', async () => {
    await assert(
      asyncProperty(batches, nat({ max: 40 }), boolean(), async (all, crashAt, isRebalanced) => {
        let calls = 0
        const box: { driver?: TopologyDriver } = {}
        const driver = await open({
          onLogCall: () => {
            if (++calls === crashAt) box.driver?.crashNow()
          },
        })
        box.driver = driver
        try {
          for (const [index, { events, pauseMs }] of all.entries()) {
            await driver.pipe(source, ...events.map(eventOf))
            await driver.advance(Math.min(pauseMs, 2_500))
            if (!driver.isRunning) await driver.restart()
            if (isRebalanced && index === Math.floor(all.length / 2)) await driver.rebalance()
          }
          if (!driver.isRunning) await driver.restart()
          await driver.advance(3_000)
          if (!driver.isRunning) await driver.restart()
          await expectRight(driver)
        } finally {
          await driver.close()
        }
      }),
      { numRuns: 25 },
    )
  }, 240_000)

  it('ignore a partial result that is older than the one they have', async () => {
    await using driver = await open()
    const window = new Date(NOON_MS).toISOString()
    const partial = (result: number, revision: number, partition = 0) => ({
      ...{ window, group: ['all'], partition, events: result, result, revision, watermark: window },
    })
    await driver.pipe(partials, partial(5, 5), partial(1, 1, 1), partial(3, 3))
    await driver.advance(2_000)
    await driver.pipe(partials, partial(4, 4))
    await driver.advance(2_000)
    expect(await driver.read(results)).toMatchObject([{ colour: 'all', sum: 6, events: 6, revision: 6 }])
  })

  it('keep out an event of a clock that is two days ahead, and count one that is a day ahead, without harm to others', async () => {
    await using driver = await open()
    const dayMs = 24 * 3_600_000
    await driver.pipe(
      source,
      eventOf({ id: 1, key: 'ann', colour: 'red', n: 1, atMs: 0 }),
      eventOf({ id: 2, key: 'ann', colour: 'red', n: 2, atMs: 2 * dayMs }),
      eventOf({ id: 3, key: 'ann', colour: 'red', n: 4, atMs: dayMs - 1 }),
      eventOf({ id: 4, key: 'ann', colour: 'red', n: 8, atMs: 1 }),
    )
    await expectRight(driver)
    expect(await driver.read(late)).toMatchObject([{ events: 1, reason: 'implausible_time' }])
  })

  it('wait for no idle partition', async () => {
    await using driver = await createTopologyDriver(sums(60_000))
    await driver.pipe(source, eventOf({ id: 1, key: 'ann', colour: 'red', n: 1, atMs: 0 }))
    for (let minute = 1; minute <= 30; minute++) {
      await driver.clock.advance(60_000)
      await driver.pipe(source, eventOf({ id: 100 + minute, key: 'bob', colour: 'red', n: 1, atMs: minute * 60_000 }))
      await driver.advance(1_500)
    }
    await expectRight(driver)
    // The restart points have moved on: windows are forgotten although one partition is silent.
    const rewinds = [...(await driver.committed(partials.name)).values()].map(({ offset, metadata }) => {
      return offset - Number(metadata.split(' ')[1])
    })
    expect(Math.max(...rewinds)).toBeLessThan(60)
  })

  it('are not replaced by smaller ones when retention took what they are made of', async () => {
    await using driver = await open()
    const events = Array.from({ length: 10 }, (_, id) => eventOf({ id, key: 'ann', colour: 'red', n: 1, atMs: id }))
    await driver.pipe(source, ...events)
    await driver.advance(4_000)
    const before = await publishedBy(driver)
    await driver.crash()
    const lost = sums()
    const processor = lost.createProcessor(source as Topic, 0)
    const { partition } = (await driver.records(source.name))[0]!
    const committed = (await driver.committed(source.name)).get(partition)!
    const { readFrom, publishFrom } = await processor.open({
      ...{ topic: source.name, partition, epoch: 2, committed, earliest: committed.offset, end: committed.offset + 1 },
    })
    expect([readFrom, publishFrom]).toEqual([committed.offset, committed.offset])
    const value = Buffer.from(JSON.stringify(eventOf({ id: 99, key: 'ann', colour: 'red', n: 1, atMs: 20 })))
    const { offset } = committed
    const record = { topic: source.name, partition, offset, key: Buffer.from('ann'), value, timestampMs: NOON_MS }
    const emits = [...(await processor.process([record])).emits, ...((await processor.tick?.(0))?.emits ?? [])]
    expect(emits.map(({ topic, value }) => [topic, JSON.parse(value.toString()).reason])).toEqual([
      [late.name, 'state_expired'],
    ])
    expect(before.get(`${new Date(NOON_MS).toISOString()} red`)).toEqual({ sum: 10, events: 10 })
  })
})
