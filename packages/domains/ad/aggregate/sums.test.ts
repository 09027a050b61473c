import type { Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Topology } from '@millrace/stream'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { assert, asyncProperty } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AggregationParts } from '../../facets.ts'
import { ad } from '../contract.ts'
import { createActivityTopology } from './activity.ts'
import { type Deed, deeds, type Expected, expectedOf, isTaken, live, minuteClosesMs, rawEvent } from './ad-world.ts'
import { LATENESS_MS, MINUTE_MS } from './lateness.ts'
import { createCampaignTotalsTopology, createMinutesTopology, createUserTotalsTopology } from './sums.ts'

const { raw, minutes, minutesLate, campaignTotals, campaignLate, userTotals, userLate } = ad.topics
const NOON_MS = Date.UTC(2026, 0, 1)
const STEP_MS = Math.ceil((LATENESS_MS + MINUTE_MS) / 8)

type Row = Readonly<Record<string, unknown>>

/** The topology of the sums, and before it the one that judges clicks. */
const after =
  (create: (parts: AggregationParts) => Topology) =>
  (log: EventLog): Topology => {
    const judging = createActivityTopology({})
    const summing = create({ log })
    return {
      name: summing.name,
      topics: [raw, ...summing.topics],
      outputs: [...judging.outputs, ...summing.outputs],
      createProcessor: (topic, partition) =>
        (topic === raw ? judging : summing).createProcessor(topic as Topic, partition),
    }
  }

const clickRow = (of: readonly Expected[]) => {
  const clicks = of.filter(({ event }) => event.kind === 'click')
  const counted = clicks.filter(({ isCounted }) => isCounted).length
  return { counted, suppressed: clicks.length - counted }
}
const secondsOf = (of: readonly Expected[]): number =>
  of.reduce((sum, { event }) => sum + Math.round(event.Ad.viewing_time! * 1000), 0) / 1000
const countOf = (of: readonly Expected[], kinds: readonly string[]): number =>
  of.filter(({ event }) => kinds.includes(event.kind!)).length

const shownRow = (of: readonly Expected[]) => ({
  impressions: countOf(of, ['impression', 'view-start']),
  views: countOf(of, ['view-start']),
  events: of.length,
})
const ctrOf = (of: readonly Expected[]): number | null => {
  const { impressions } = shownRow(of)
  return impressions === 0 ? null : clickRow(of).counted / impressions
}
const totalRow = (of: readonly Expected[]) => {
  const { counted, suppressed } = clickRow(of)
  return { ...shownRow(of), click_count: counted, suppressed_click_count: suppressed }
}
const totalClosesMs = (timeMs: number): number => (Math.floor(timeMs / STEP_MS) + 1) * STEP_MS + LATENESS_MS + MINUTE_MS

const sums = [
  {
    what: 'minutes',
    create: createMinutesTopology,
    results: minutes as Topic,
    late: minutesLate,
    closesMs: minuteClosesMs,
    nameOf: ({ event, timeMs }: Expected) =>
      `${new Date(Math.floor(timeMs / MINUTE_MS) * MINUTE_MS).toISOString()} ${event.Ad.ad_id}`,
    nameOfRow: ({ minute, ad_id }: Row) => `${minute} ${ad_id}`,
    rowOf: (of: readonly Expected[]): Row => {
      const { counted: countedClicks, suppressed: suppressedClicks } = clickRow(of)
      return { ...shownRow(of), countedClicks, suppressedClicks, seconds: secondsOf(of), ctr: ctrOf(of) }
    },
  },
  {
    what: 'totals of campaigns',
    create: createCampaignTotalsTopology,
    results: campaignTotals as Topic,
    late: campaignLate,
    closesMs: totalClosesMs,
    nameOf: ({ event }: Expected) => event.Ad.ad_id,
    nameOfRow: ({ ad_id }: Row) => String(ad_id),
    rowOf: (of: readonly Expected[]): Row => ({ ...totalRow(of), viewing_time: secondsOf(of), ctr: ctrOf(of) }),
  },
  {
    what: 'totals of viewers',
    create: createUserTotalsTopology,
    results: userTotals as Topic,
    late: userLate,
    closesMs: totalClosesMs,
    nameOf: ({ event }: Expected) => event.User.account,
    nameOfRow: ({ account }: Row) => String(account),
    rowOf: (of: readonly Expected[]): Row => ({ ...totalRow(of), total_time: secondsOf(of) }),
  },
]

async function newestOf(
  driver: TopologyDriver,
  results: Topic,
  nameOf: (row: Row) => string,
): Promise<Map<string, Row>> {
  const newest = new Map<string, Row>()
  for (const row of (await driver.read(results)) as readonly Row[])
    if (Number(row.revision) >= Number(newest.get(nameOf(row))?.revision ?? 0)) newest.set(nameOf(row), row)
  return newest
}
const once = (deed: Deed): Deed =>
  deed.kind === 'send' ? { ...deed, actions: deed.actions.map(action => ({ ...action, copies: null })) } : deed

describe.each(sums)('the $what of ads', ({ create, results, late, closesMs, nameOf, nameOfRow, rowOf }) => {
  it('equal a plain recomputation, whatever the order, duplicates, lateness, kills at any call and rebalances', async () => {
    await assert(
      asyncProperty(deeds, deeds =>
        live(after(create), deeds, async driver => {
          const all = [...expectedOf(await driver.records(raw.name)).values()]
          const expected = Map.groupBy(
            all.filter(event => isTaken(event, closesMs)),
            nameOf,
          )
          const newest = await newestOf(driver, results, nameOfRow)
          expect(new Set(newest.keys())).toEqual(new Set(expected.keys()))
          for (const [name, events] of expected) expect(newest.get(name)).toMatchObject(rowOf(events))
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  it('count each event or tell of it as late', async () => {
    await assert(
      asyncProperty(deeds, deeds =>
        live(after(create), deeds.map(once), async driver => {
          const sent = expectedOf(await driver.records(raw.name)).size
          const newest = await newestOf(driver, results, nameOfRow)
          const counted = [...newest.values()].reduce((sum, { events }) => sum + Number(events), 0)
          const lateIds = new Set((await driver.read(late)).map(({ eventId }) => eventId))
          expect(counted + lateIds.size).toBe(sent)
        }),
      ),
      { numRuns: 40, endOnFailure: true },
    )
  }, 240_000)
})

describe('the minutes of ads', () => {
  it('are by campaign, gender and age band, and have no CTR without impressions', async () => {
    await using driver = await createTopologyDriver(after(createMinutesTopology))
    const [shown, clicked, old] = [
      rawEvent(NOON_MS, { kind: 'impression' }),
      rawEvent(NOON_MS + 1_000),
      rawEvent(NOON_MS + 2_000, { age: 61, account: 'bob' }),
    ]
    await driver.pipe(raw, shown, clicked, { ...old, User: { ...old.User, gender: 'male' } })
    await driver.advance(4_000)
    const rows = (await driver.read(minutes)).toSorted((a, b) => (a.gender < b.gender ? -1 : 1))
    expect(rows).toMatchObject([
      { gender: 'female', ageBand: '30-39', impressions: 1, countedClicks: 1, ctr: 1, events: 2 },
      { gender: 'male', ageBand: '60+', impressions: 0, countedClicks: 1, ctr: null, events: 1 },
    ])
  })

  it('follow a late click that changes what a later one counts for, in another minute', async () => {
    await using driver = await createTopologyDriver(after(createMinutesTopology))
    await driver.pipe(raw, rawEvent(NOON_MS + 70_000))
    await driver.advance(4_000)
    await driver.pipe(raw, rawEvent(NOON_MS + 20_000))
    await driver.advance(4_000)
    const newest = await newestOf(driver, minutes as Topic, ({ minute }) => String(minute))
    expect(newest.get('2026-01-01T00:00:00.000Z')).toMatchObject({ countedClicks: 1, suppressedClicks: 0 })
    expect(newest.get('2026-01-01T00:01:00.000Z')).toMatchObject({ countedClicks: 0, suppressedClicks: 1, events: 1 })
  })

  it('are the same when the aggregator was away for hours while a clock was ahead', async () => {
    await using driver = await createTopologyDriver(after(createMinutesTopology))
    await driver.crash()
    await driver.pipe(raw, rawEvent(NOON_MS + 23 * 3_600_000), rawEvent(NOON_MS))
    await driver.clock.advance(5 * 3_600_000)
    await driver.restart()
    await driver.advance(6_000)
    expect(await driver.read(minutesLate)).toEqual([])
    expect((await newestOf(driver, minutes as Topic, ({ minute }) => String(minute))).size).toBe(2)
  })
})
