import { defineTopic, instantField, keyField, type Topic } from '@millrace/contracts'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createWindowedAggregation } from '../src/index.ts'
import {
  type Click,
  clicks,
  clicksOf,
  deed,
  expire,
  late,
  live,
  newestOf,
  partials,
  roughDeed,
  type World,
} from './clicks-world.ts'

const WINDOW_MS = 60_000
const GRACE_MS = 120_000
const NOON_MS = Date.UTC(2026, 0, 1)

const results = defineTopic({
  name: 'clicks.sums',
  schema: z.looseObject({
    window: z.string(),
    page: z.string(),
    sum: z.number(),
    events: z.number(),
    revision: z.number(),
  }),
  keyOf: keyField('page'),
  eventTimeMs: instantField('window'),
  why: 'Sums per window and page.',
})
const sums = (idleAfterMs = 600_000, more: { readonly sentMsOf?: (event: Click) => number } = {}) =>
  createWindowedAggregation({
    ...more,
    name: 'aggregator.test',
    service: 'aggregator',
    source: clicks,
    partials,
    results,
    late,
    windowMs: WINDOW_MS,
    graceMs: GRACE_MS,
    idleAfterMs,
    groupsOf: event => [['page', event.page], ['all']],
    zero: 0,
    add: (sum, event) => sum + event.n,
    merge: (a, b) => a + b,
    toEvent: ({ windowMs, group, events, result, revision }) => ({
      window: new Date(windowMs).toISOString(),
      page: group[1] ?? 'all',
      sum: result,
      events,
      revision,
    }),
  })

const eventOf = (id: number, atMs: number, { user = 'ann', page = 'red', n = 1 } = {}): Click => ({
  eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  datetime: new Date(NOON_MS + atMs).toISOString(),
  ...{ user, page, n },
})

/** What the windows have to hold and which events are late, from the source topic alone. */
async function expectedOf(world: Pick<World, 'driver'>) {
  const windows: Record<string, { sum: number; events: number }> = {}
  const lateIds = new Set<string>()
  const counted = new Set<string>()
  for (const { eventId, page, n, partition, timeMs, isPlausible, watermarkMs } of await clicksOf(world)) {
    const startMs = Math.floor(timeMs / WINDOW_MS) * WINDOW_MS
    const id = `${partition} ${startMs} ${eventId}`
    if (!isPlausible || startMs + WINDOW_MS + GRACE_MS <= watermarkMs) lateIds.add(`${eventId}:late`)
    else if (!counted.has(id)) {
      counted.add(id)
      for (const group of [page, 'all']) {
        const name = `${new Date(startMs).toISOString()} ${group}`
        windows[name] ??= { sum: 0, events: 0 }
        windows[name].sum += n
        windows[name].events++
      }
    }
  }
  return { windows, lateIds }
}

const newestResults = async (driver: TopologyDriver) =>
  newestOf(await driver.read(results), ({ window, page }) => `${window} ${page}`)

async function expectRight(world: Pick<World, 'driver'>): Promise<void> {
  const { windows, lateIds } = await expectedOf(world)
  const published = [...(await newestResults(world.driver))].map(([name, { sum, events }]) => [name, { sum, events }])
  expect(Object.fromEntries(published)).toEqual(windows)
  expect(new Set((await world.driver.read(late)).map(({ eventId }) => eventId))).toEqual(lateIds)
}

describe('windowed sums', () => {
  it('are published about once a second while they change, with revisions that grow', async () => {
    await using driver = await createTopologyDriver(sums())
    await driver.pipe(clicks, eventOf(1, 0, { n: 2 }))
    await driver.advance(3_000)
    await driver.pipe(clicks, eventOf(2, 1_000, { n: 3 }), eventOf(3, 2_000, { user: 'bob', n: 5 }))
    await driver.advance(3_000)
    const red = (await driver.read(results)).filter(({ page }) => page === 'red')
    expect(red.map(({ sum, events }) => [sum, events])).toEqual([
      [2, 1],
      [10, 3],
    ])
    expect(red[1]!.revision).toBeGreaterThan(red[0]!.revision)
  })

  it('equal a plain recomputation, whatever the order, duplicates, lateness, kills at any call and rebalances', async () => {
    await assert(
      asyncProperty(array(deed, { minLength: 4, maxLength: 16 }), deeds => live(sums(), deeds, expectRight)),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  /** Events in the newest results, and events in late records; no result ever shrinks. */
  const accountOf = async ({ driver }: World): Promise<{ counted: number; late: number }> => {
    const account = { counted: 0, late: 0 }
    const newest = await newestResults(driver)
    for (const { page, events } of newest.values()) if (page === 'all') account.counted += events
    for (const { window, page, events } of await driver.read(results))
      expect(newest.get(`${window} ${page}`)!.events).toBeGreaterThanOrEqual(events)
    const ofAll = (await driver.read(late)).filter(({ group }) => group === null || group[0] === 'all')
    for (const { events } of newestOf(ofAll, ({ eventId }) => eventId).values()) account.late += events
    return account
  }

  it('count each event or tell of it as late, when retention takes records', async () => {
    await assert(
      asyncProperty(array(roughDeed, { minLength: 4, maxLength: 14 }), deeds =>
        live(sums(), deeds, async world => {
          const { counted, late } = await accountOf(world)
          expect(counted + late).toBe(world.sent.size)
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  it('lose no event and count none twice when partitions fall silent and windows are forgotten without them', async () => {
    await assert(
      asyncProperty(array(roughDeed, { minLength: 4, maxLength: 14 }), deeds =>
        live(sums(5_000), deeds, async world => {
          const { counted, late } = await accountOf(world)
          expect(counted).toBeLessThanOrEqual(world.sent.size)
          // A late partial result also tells of its events that the result holds already.
          expect(counted + late).toBeGreaterThanOrEqual(world.sent.size)
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  it('keep what was published when retention took their events, after further restarts too', async () => {
    await using driver = await createTopologyDriver(sums())
    await driver.pipe(clicks, eventOf(1, 0), eventOf(2, 1))
    await driver.advance(4_000)
    await driver.crash()
    await expire(driver, clicks as Topic, driver.clock.now())
    for (const id of [3, 4]) {
      await driver.restart()
      await driver.pipe(clicks, eventOf(id, id))
      await driver.advance(4_000)
    }
    expect((await newestResults(driver)).get('2026-01-01T00:00:00.000Z all')).toMatchObject({ sum: 2, events: 2 })
    expect((await driver.read(late)).map(({ reason }) => reason)).toEqual(['state_expired', 'state_expired'])
  })

  it('ignore a partial result that is older than the one they have', async () => {
    await using driver = await createTopologyDriver(sums())
    const window = new Date(NOON_MS).toISOString()
    const partial = (result: number, revision: number, partition = 0) => ({
      ...{ window, group: ['all'], partition, events: result, result, revision, watermark: window },
    })
    await driver.pipe(partials, partial(5, 5), partial(1, 1, 1), partial(3, 3))
    await driver.advance(2_000)
    await driver.pipe(partials, partial(4, 4))
    await driver.advance(2_000)
    expect(await driver.read(results)).toMatchObject([{ page: 'all', sum: 6, events: 6, revision: 6 }])
  })

  it('count an event until the watermark reaches the end of the grace, and none from then on', async () => {
    await using driver = await createTopologyDriver(sums())
    await driver.clock.advance(WINDOW_MS + GRACE_MS)
    await driver.pipe(
      clicks,
      eventOf(1, 0),
      eventOf(2, WINDOW_MS + GRACE_MS - 1),
      eventOf(3, 1),
      eventOf(4, WINDOW_MS + GRACE_MS),
      eventOf(5, 2),
    )
    await driver.advance(4_000)
    expect((await newestResults(driver)).get('2026-01-01T00:00:00.000Z all')).toMatchObject({ sum: 2, events: 2 })
    expect(await driver.read(late)).toMatchObject([{ eventId: `${eventOf(5, 2).eventId}:late`, reason: 'after_grace' }])
    await expectRight({ driver })
  })

  it('are corrected by late events within the grace, although nothing came for their window for long', async () => {
    await using driver = await createTopologyDriver(sums(10_000))
    await driver.pipe(clicks, eventOf(1, 0))
    await driver.advance(2_000)
    const laterMs = WINDOW_MS + GRACE_MS - 10_000
    await driver.clock.advance(laterMs)
    await driver.pipe(clicks, eventOf(2, laterMs))
    await driver.advance(2_000)
    await driver.pipe(clicks, eventOf(3, 1))
    await driver.advance(4_000)
    expect((await newestResults(driver)).get('2026-01-01T00:00:00.000Z all')).toMatchObject({ sum: 2, events: 2 })
    expect(await driver.read(late)).toEqual([])
  })

  it('stay as they are when a partial result comes after they were forgotten, also after a restart', async () => {
    await using driver = await createTopologyDriver(sums(10_000))
    await driver.pipe(clicks, eventOf(1, 0, { n: 2 }))
    await driver.advance(2_000)
    const laterMs = 2 * (WINDOW_MS + GRACE_MS)
    await driver.clock.advance(laterMs)
    await driver.pipe(clicks, eventOf(2, laterMs))
    await driver.advance(4_000)
    await driver.crash()
    await driver.restart()
    await driver.pipe(clicks, eventOf(3, 1, { user: 'bob' }))
    await driver.advance(4_000)
    const noon = (await driver.read(results)).filter(({ window }) => window === '2026-01-01T00:00:00.000Z')
    expect(noon).toMatchObject([{ sum: 2 }, { sum: 2 }])
    expect(await driver.read(late)).toMatchObject(Array(2).fill({ events: 1, reason: 'state_expired' }))
  })

  it('keep out an event of a clock that is two days ahead, and count one that is a day ahead, without harm to others', async () => {
    await using driver = await createTopologyDriver(sums())
    const dayMs = 24 * 3_600_000
    await driver.pipe(
      clicks,
      eventOf(1, 0),
      eventOf(2, 2 * dayMs, { n: 2 }),
      eventOf(3, dayMs - 1, { n: 4 }),
      eventOf(4, 1, { n: 8 }),
    )
    await driver.advance(4_000)
    await expectRight({ driver })
    expect(await driver.read(late)).toMatchObject([{ events: 1, reason: 'implausible_time' }])
  })

  it('leave out events that are not part of them, however late they are', async () => {
    const topology = createWindowedAggregation({
      ...{ name: 'aggregator.test', service: 'aggregator', source: clicks, partials, results, late },
      ...{ windowMs: WINDOW_MS, graceMs: 0, zero: 0 },
      isCounted: ({ page }) => page === 'red',
      groupsOf: ({ page }) => [['page', page]],
      add: sum => sum + 1,
      merge: (a, b) => a + b,
      toEvent: ({ windowMs, events, result, revision }) => ({
        ...{ window: new Date(windowMs).toISOString(), page: 'red', sum: result, events, revision },
      }),
    })
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(clicks, eventOf(1, 0), eventOf(2, 1, { page: 'blue' }), eventOf(3, WINDOW_MS, { page: 'blue' }))
    await driver.pipe(clicks, eventOf(4, 2, { page: 'blue' }), eventOf(5, 3))
    await driver.advance(4_000)
    expect(await driver.read(results)).toMatchObject([{ sum: 1, events: 1 }])
    expect((await driver.read(late)).map(({ eventId }) => eventId)).toEqual([`${eventOf(5, 3).eventId}:late`])
  })

  it('move no further with a clock that is ahead than when the event was sent, where the source is made later', async () => {
    await using driver = await createTopologyDriver(sums(600_000, { sentMsOf: () => NOON_MS }))
    await driver.clock.advance(3 * 3_600_000)
    await driver.pipe(clicks, eventOf(1, 24 * 3_600_000 - 1), eventOf(2, 0), eventOf(3, 24 * 3_600_000 + 1))
    await driver.advance(4_000)
    expect((await newestResults(driver)).get('2026-01-01T00:00:00.000Z all')).toMatchObject({ events: 1 })
    expect(await driver.read(late)).toMatchObject([{ events: 1, reason: 'implausible_time' }])
  })

  it('wait for no idle partition', async () => {
    await using driver = await createTopologyDriver(sums(60_000))
    await driver.pipe(clicks, eventOf(1, 0))
    for (let minute = 1; minute <= 30; minute++) {
      await driver.clock.advance(60_000)
      await driver.pipe(clicks, eventOf(100 + minute, minute * 60_000, { user: 'bob' }))
      await driver.advance(1_500)
    }
    await driver.advance(4_000)
    await expectRight({ driver })
    // The restart points have moved on: windows are forgotten although one partition is silent.
    const rewinds = [...(await driver.committed(partials.name)).values()].map(({ offset, metadata }) => {
      return offset - Number(metadata.split(' ')[1])
    })
    expect(Math.max(...rewinds)).toBeLessThan(60)
  })
})
