import { defineTopic, type EventOf, instantField, keyField } from '@millrace/contracts'
import { createServiceMetrics } from '@millrace/runtime'
import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createKeyedMetrics, createRanking, type KeyedMetrics } from '../src/index.ts'
import { expire, newestOf } from './clicks-world.ts'

const DAY_MS = 86_400_000
/** Long before the driver's clock begins, so that no day is in the future. */
const FIRST_DAY_MS = Date.UTC(2025, 11, 1)
const TOP = 3
const KINDS = ['clicks', 'buys'] as const

const places = defineTopic({
  name: 'shop.places',
  schema: z.looseObject({ day: z.string(), place: z.int(), clicks: z.int(), buys: z.int(), revision: z.int() }),
  keyOf: keyField('day'),
  eventTimeMs: instantField('day'),
  partitions: 2,
  why: 'Sums per day and place.',
})
type Place = EventOf<typeof places>
const tops = defineTopic({
  name: 'shop.tops',
  schema: z.looseObject({
    day: z.string(),
    kind: z.enum(KINDS),
    rank: z.int(),
    place: z.int().nullable(),
    score: z.int(),
    revision: z.int(),
  }),
  keyOf: keyField('day'),
  eventTimeMs: instantField('day'),
  partitions: 2,
  why: 'The first places of a day.',
})

const ranking = (keepMs = 2 * DAY_MS, metrics?: KeyedMetrics) =>
  createRanking({
    ...(metrics && { metrics }),
    name: 'aggregator.shop.tops',
    service: 'aggregator',
    source: places,
    results: tops,
    memberOf: ({ place }) => place,
    scores: { clicks: ({ clicks }) => clicks, buys: ({ buys }) => buys },
    top: TOP,
    keepMs,
    idleAfterMs: 60_000,
    toEvent: ({ list, windowMs, kind, rank, member, score, revision }) => {
      expect(list).toBe(dayOf(windowMs))
      return { day: list, kind, rank, place: member as number | null, score, revision }
    },
  })

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString()
const placeOf = (place: number, clicks: number, revision: number, { buys = 0, day = 0 } = {}): Place => ({
  ...{ day: dayOf(FIRST_DAY_MS + day * DAY_MS), place, clicks, buys, revision },
})

/** The ranks that are published now, without those that nobody has. */
async function published(driver: TopologyDriver) {
  const rows = await driver.read(tops)
  const newest = newestOf(rows, ({ day, kind, rank }) => `${day} ${kind} ${rank}`)
  return Object.fromEntries(
    [...newest].flatMap(([name, { place, score }]) => (place === null ? [] : [[name, `${place}: ${score}`]])),
  )
}

/** The same from the records of the source: of each place the one with the highest revision, sorted. */
function expectedOf(records: readonly Place[]) {
  const newest = newestOf(records, ({ day, place }) => `${day} ${place}`)
  const ranks: Record<string, string> = {}
  for (const [day, own] of Map.groupBy(newest.values(), ({ day }) => day))
    for (const kind of KINDS)
      own
        .filter(place => place[kind] > 0)
        .sort((a, b) => b[kind] - a[kind] || a.place - b.place)
        .slice(0, TOP)
        .forEach((place, index) => {
          ranks[`${day} ${kind} ${index + 1}`] = `${place.place}: ${place[kind]}`
        })
  return ranks
}

describe('a ranking', () => {
  it('publishes the ranks that changed, with the offset of the record that changed them', async () => {
    await using driver = await createTopologyDriver(ranking())
    await driver.pipe(places, placeOf(7, 5, 1), placeOf(8, 9, 1), placeOf(9, 4, 1), placeOf(1, 4, 1))
    const before = (await driver.read(tops)).length
    expect(await published(driver)).toEqual({
      '2025-12-01T00:00:00.000Z clicks 1': '8: 9',
      '2025-12-01T00:00:00.000Z clicks 2': '7: 5',
      '2025-12-01T00:00:00.000Z clicks 3': '1: 4',
    })
    await driver.pipe(places, placeOf(9, 3, 2))
    expect(await driver.read(tops)).toHaveLength(before)
    await driver.pipe(places, placeOf(1, 6, 2))
    const changed = (await driver.read(tops)).slice(before)
    expect(changed.map(({ rank, place, score, revision }) => [rank, place, score, revision])).toEqual([
      [2, 1, 6, 6],
      [3, 7, 5, 6],
    ])
  })

  it('says of a rank that nobody has it any more', async () => {
    await using driver = await createTopologyDriver(ranking())
    await driver.pipe(places, placeOf(7, 5, 1), placeOf(8, 4, 1))
    await driver.pipe(places, placeOf(7, 0, 2))
    expect((await driver.read(tops)).slice(-2)).toMatchObject([
      { rank: 1, place: 8, score: 4, revision: 3 },
      { rank: 2, place: null, score: 0, revision: 3 },
    ])
  })

  it('ignores a record that is older than the one it has of its member', async () => {
    await using driver = await createTopologyDriver(ranking())
    await driver.pipe(places, placeOf(7, 5, 4), placeOf(7, 3, 3), placeOf(8, 0, 4), placeOf(8, 9, 3))
    expect(Object.values(await published(driver))).toEqual(['7: 5'])
  })

  it('equals sorting all members after each update, with kills at any call and rebalances', async () => {
    const update = record({
      place: nat(6),
      clicks: nat(6),
      buys: nat(2),
      day: nat(2),
      /** Below 0: an older record comes again. */
      newer: integer({ min: -2, max: 3 }),
    })
    const deed = oneof(
      {
        weight: 6,
        arbitrary: record({ kind: constant('send' as const), updates: array(update, { minLength: 1, maxLength: 9 }) }),
      },
      { weight: 2, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 1_500 }) }) },
      { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
      { weight: 2, arbitrary: record({ kind: constant('crash-at' as const), call: integer({ min: 1, max: 8 }) }) },
    )
    await assert(
      asyncProperty(array(deed, { minLength: 3, maxLength: 14 }), async deeds => {
        let callsLeft = Number.POSITIVE_INFINITY
        await using driver: TopologyDriver = await createTopologyDriver(ranking(), {
          onLogCall: () => {
            if (--callsLeft === 0) driver.crashNow()
          },
        })
        const revisions = new Map<string, number>()
        const contents = new Map<string, Place>()
        const settle = async (): Promise<void> => {
          await driver.advance(1)
          if (!driver.isRunning) await driver.restart()
          await driver.advance(1)
        }
        for (const step of deeds) {
          if (step.kind === 'send')
            for (const { newer, ...update } of step.updates) {
              const name = `${update.day} ${update.place}`
              const newest = revisions.get(name) ?? 0
              const revision = Math.max(1, newest + newer)
              revisions.set(name, Math.max(newest, revision))
              // One revision has one content.
              const content =
                contents.get(`${name} ${revision}`) ?? placeOf(update.place, update.clicks, revision, update)
              contents.set(`${name} ${revision}`, content)
              await driver.pipe(places, content)
            }
          else if (step.kind === 'crash-at') callsLeft = step.call
          else if (step.kind === 'wait') await driver.advance(step.ms)
          else await disturb(driver, step.kind)
          if (step.kind === 'crash-at') continue
          callsLeft = Number.POSITIVE_INFINITY
          await settle()
          expect(await published(driver)).toEqual(expectedOf(await driver.read(places)))
        }
      }),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  it('takes records until its horizon has passed and nothing has come for it for a while, also after a restart', async () => {
    await using driver = await createTopologyDriver(ranking(DAY_MS))
    const first = async () => (await published(driver))['2025-12-01T00:00:00.000Z clicks 1']
    /** Later days, of which some are in the same partition. */
    const later = (revision: number) =>
      driver.pipe(places, ...Array.from({ length: 9 }, (_, n) => placeOf(1, revision, revision, { day: n + 1 })))
    await driver.pipe(places, placeOf(1, 5, 1))
    await later(1)
    await driver.pipe(places, placeOf(2, 6, 1))
    expect(await first()).toBe('2: 6')
    await driver.clock.advance(50_000)
    await driver.pipe(places, placeOf(2, 7, 2))
    await driver.clock.advance(20_000)
    await later(2)
    await driver.pipe(places, placeOf(3, 8, 1))
    expect(await first()).toBe('3: 8')
    await driver.clock.advance(150_000)
    await later(3)
    await driver.pipe(places, placeOf(4, 9, 1))
    expect(await first()).toBe('3: 8')
    await driver.advance(1_000)
    await driver.crash()
    await driver.restart()
    await driver.pipe(places, placeOf(5, 10, 1))
    expect(await first()).toBe('3: 8')
  })

  it('takes records before its horizon has passed, however long nothing came for it', async () => {
    await using driver = await createTopologyDriver(ranking(20 * DAY_MS))
    await driver.pipe(places, placeOf(1, 5, 1))
    await driver.clock.advance(150_000)
    await driver.pipe(places, ...Array.from({ length: 9 }, (_, n) => placeOf(1, 1, 1, { day: n + 1 })))
    await driver.pipe(places, placeOf(2, 6, 1))
    expect((await published(driver))['2025-12-01T00:00:00.000Z clicks 1']).toBe('2: 6')
  })

  it('begins a restart at the first record of the oldest list that is open', async () => {
    await using driver = await createTopologyDriver(ranking(DAY_MS))
    const stateFrom = async () =>
      [...(await driver.committed(places.name)).values()].map(({ metadata }) => Number(metadata.split(' ')[1]))
    const all = (revision: number) =>
      driver.pipe(places, ...Array.from({ length: 9 }, (_, n) => placeOf(1, revision, revision, { day: n })))
    await all(1)
    await all(2)
    await driver.advance(1_000)
    expect(await stateFrom()).toEqual([0, 0])
    await driver.clock.advance(150_000)
    await driver.pipe(
      places,
      placeOf(1, 9, 9, { day: 9 }),
      placeOf(1, 9, 9, { day: 10 }),
      placeOf(1, 9, 9, { day: 11 }),
    )
    await driver.advance(1_000)
    expect(Math.min(...(await stateFrom()))).toBeGreaterThan(0)
  })

  it('counts what came too late, and tells of its memory and of what a restart reads again', async () => {
    const metrics = createKeyedMetrics('aggregator', createServiceMetrics('aggregator').registry)
    await using driver = await createTopologyDriver(ranking(DAY_MS, metrics))
    const sum = async (metric: Pick<KeyedMetrics[keyof KeyedMetrics], 'get'>): Promise<number> =>
      (await metric.get()).values.reduce((total, { value }) => total + value, 0)
    const days = Array.from({ length: 10 }, (_, day) => day)
    await driver.pipe(places, ...days.map(day => placeOf(1, 1, 1, { day })), placeOf(2, 1, 1))
    expect([await sum(metrics.keys), await sum(metrics.rewind), await sum(metrics.late)]).toEqual([11, 11, 0])
    await driver.clock.advance(150_000)
    await driver.pipe(places, ...days.slice(-4).map(day => placeOf(1, 2, 2, { day })), placeOf(1, 2, 2))
    expect(await sum(metrics.keys)).toBeLessThan(11)
    expect(await sum(metrics.late)).toBeGreaterThan(0)
    const ahead = placeOf(1, 1, 1, { day: 60 })
    await driver.pipe(places, ahead)
    expect(await sum(metrics.implausibleTimes)).toBe(1)
  })

  it('keeps what was published of lists of which retention took records', async () => {
    await using driver = await createTopologyDriver(ranking())
    await driver.pipe(places, placeOf(1, 5, 1))
    await driver.advance(1_000)
    await driver.crash()
    await expire(driver, places, driver.clock.now())
    await driver.restart()
    await driver.pipe(places, placeOf(2, 4, 1))
    expect(Object.values(await published(driver))).toEqual(['1: 5'])
  })

  it('sends what is no record of its source to the failed events', async () => {
    await using driver = await createTopologyDriver(ranking())
    await driver.pipeBytes(
      places.name,
      dayOf(FIRST_DAY_MS),
      'junk',
      JSON.stringify({ ...placeOf(1, 1, 1), clicks: 'x' }),
    )
    await driver.pipe(places, placeOf(1, 5, 1))
    expect((await driver.failed()).map(({ code }) => code).sort()).toEqual(['not_json', 'wrong_field'])
    expect(Object.values(await published(driver))).toEqual(['1: 5'])
  })
})
