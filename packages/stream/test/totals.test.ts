import { defineTopic, instantField, keyField, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { createTopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRunningTotals, totalState } from '../src/index.ts'
import {
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

const HORIZON_MS = 120_000

const results = defineTopic({
  name: 'clicks.totals',
  schema: z.looseObject({
    page: z.string(),
    sum: z.number(),
    events: z.number(),
    revision: z.number(),
    datetime: z.string(),
    state: totalState,
  }),
  keyOf: keyField('page'),
  eventTimeMs: instantField('datetime'),
  cleanup: 'compact',
  why: 'Sums per page.',
})

const totals = (log: EventLog) =>
  createRunningTotals({
    name: 'aggregator.totals',
    service: 'aggregator',
    log,
    source: clicks,
    partials,
    results,
    late,
    horizonMs: HORIZON_MS,
    groupsOf: ({ page }) => [['page', page], ['all']],
    zero: 0,
    add: (sum, { n }) => sum + n,
    merge: (a, b) => a + b,
    toEvent: ({ group, result, ...total }) => ({
      page: group[1] ?? 'all',
      sum: result,
      datetime: '2026-01-01T00:00:00.000Z',
      ...total,
    }),
  })

/** What the events add up to, from the source topic alone; ids are known for the horizon, in steps of an eighth of it. */
async function expectedOf(world: World) {
  const sums: Record<string, { sum: number; events: number }> = {}
  const lateIds = new Set<string>()
  const counted = new Set<string>()
  const stepMs = HORIZON_MS / 8
  for (const { eventId, page, n, partition, timeMs, isPlausible, watermarkMs } of await clicksOf(world)) {
    const knownUntilMs = (Math.floor(timeMs / stepMs) + 1) * stepMs + HORIZON_MS
    if (!isPlausible || knownUntilMs <= watermarkMs) lateIds.add(`${eventId}:late`)
    else if (!counted.has(`${partition} ${eventId}`)) {
      counted.add(`${partition} ${eventId}`)
      for (const group of [page, 'all']) {
        sums[group] ??= { sum: 0, events: 0 }
        sums[group].sum += n
        sums[group].events++
      }
    }
  }
  return { sums, lateIds }
}

const newestTotals = async ({ driver }: Pick<World, 'driver'>) =>
  newestOf(await driver.read(results), ({ page }) => page)

describe('running totals', () => {
  it('equal a plain sum, whatever the order, duplicates, lateness, kills at any call and rebalances', async () => {
    await assert(
      asyncProperty(array(deed, { minLength: 4, maxLength: 16 }), deeds =>
        live(totals, deeds, async world => {
          const { sums, lateIds } = await expectedOf(world)
          const published = [...(await newestTotals(world))].map(([page, { sum, events }]) => [page, { sum, events }])
          expect(Object.fromEntries(published)).toEqual(sums)
          expect(new Set((await world.driver.read(late)).map(({ eventId }) => eventId))).toEqual(lateIds)
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  it('outlive the events that they were made from', async () => {
    await assert(
      asyncProperty(array(roughDeed, { minLength: 4, maxLength: 14 }), deeds =>
        live(totals, deeds, async world => {
          const held = new Set((await world.driver.read(late)).map(({ eventId }) => eventId)).size
          expect(held + ((await newestTotals(world)).get('all')?.events ?? 0)).toBe(world.sent.size)
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  const click = (id: number, atMs: number, { user = 'ann', n = 1 } = {}) => ({
    eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    datetime: new Date(Date.UTC(2026, 0, 1) + atMs).toISOString(),
    ...{ user, n, page: 'home' },
  })

  it('go on after retention has taken the events and the partial results that they were made from', async () => {
    await using driver = await createTopologyDriver(totals)
    await driver.pipe(clicks, click(1, 0), click(2, 0, { user: 'bob' }))
    await driver.advance(3_000)
    await driver.crash()
    await expire(driver, clicks as Topic, driver.clock.now())
    await expire(driver, partials as Topic, driver.clock.now())
    await driver.restart()
    await driver.pipe(clicks, click(3, 1), click(4, 1, { user: 'bob' }))
    await driver.advance(3_000)
    expect((await newestTotals({ driver })).get('all')).toMatchObject({ sum: 4, events: 4 })
    expect(await driver.read(late)).toEqual([])
    // A restart reads no partial result again.
    for (const { offset, metadata } of (await driver.committed(partials.name)).values())
      expect(Number(metadata.split(' ')[1])).toBe(offset)
  })

  it('count no copy again whose id a restart can no longer know', async () => {
    await using driver = await createTopologyDriver(totals)
    await driver.clock.advance(150_000)
    const other = (id: number, atMs: number) => ({ ...click(id, atMs), page: 'shop' })
    // The copy is within the horizon when it comes; the last click ends the horizon of its id, and the second one is where a restart reads from.
    await driver.pipe(clicks, click(1, 1_000), other(2, 110_000), click(1, 1_000), other(3, 140_000))
    await driver.advance(3_000)
    await driver.crash()
    await driver.restart()
    await driver.pipe(clicks, click(4, 141_000))
    await driver.advance(3_000)
    expect((await newestTotals({ driver })).get('home')).toMatchObject({ sum: 2, events: 2 })
  })

  it('add fractions in the same order, whichever source partition was first', async () => {
    const shares = [
      click(1, 0, { user: 'ann', n: 0.1 }),
      click(2, 0, { user: 'bob', n: 0.2 }),
      click(3, 0, { user: 'cem', n: 0.3 }),
    ]
    const sums = []
    for (const inOrder of [shares, shares.toReversed()]) {
      await using driver = await createTopologyDriver(totals)
      for (const share of inOrder) {
        await driver.pipe(clicks, share)
        await driver.advance(3_000)
      }
      sums.push((await newestTotals({ driver })).get('all')?.sum)
    }
    expect(sums[0]).toBe(sums[1])
  })

  it('do not begin anew when a published total cannot be read', async () => {
    await using driver = await createTopologyDriver(totals)
    await driver.crash()
    await driver.pipeBytes(results.name, 'all', JSON.stringify({ page: 'all', sum: 5 }))
    await expect(driver.restart()).rejects.toMatchObject({ code: 'total_unreadable' })
  })
})
