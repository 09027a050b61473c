import { defineTopic, instantField, keyField } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRunningTotals, createWindowedAggregation, totalState } from '../src/index.ts'
import { deed, late, live, newestOf, partials, roughDeed } from './clicks-world.ts'
import {
  countedOf,
  createCorrections,
  type RevisedClick,
  revised,
  sumsOf,
  withCorrections,
} from './corrections-world.ts'

const WINDOW_MS = 60_000
const GRACE_MS = 120_000
const NOON_MS = Date.UTC(2026, 0, 1)
const NOON = '2026-01-01T00:00:00.000Z'

const sum = { page: z.string(), sum: z.number(), events: z.number(), revision: z.number() }
const windows = defineTopic({
  name: 'clicks.sums',
  schema: z.looseObject({ window: z.string(), ...sum }),
  keyOf: keyField('page'),
  eventTimeMs: instantField('window'),
  why: 'Sums per window and page.',
})
const totals = defineTopic({
  name: 'clicks.totals',
  schema: z.looseObject({ datetime: z.string(), ...sum, state: totalState }),
  keyOf: keyField('page'),
  eventTimeMs: instantField('datetime'),
  cleanup: 'compact',
  why: 'Sums per page.',
})
const shared = {
  ...{ service: 'aggregator', source: revised, partials, late, zero: 0 },
  groupsOf: ({ page }: RevisedClick) => [['page', page], ['all']],
  add: (sum: number, { n }: RevisedClick) => sum + n,
  subtract: (sum: number, { n }: RevisedClick) => sum - n,
  merge: (a: number, b: number) => a + b,
}
const marked = {
  isCorrection: ({ correction }: RevisedClick) => correction,
  keptFields: ['page', 'n'] as readonly ('page' | 'n')[],
}
type Marked = Partial<typeof marked>

const windowed = (marker: Marked) =>
  createWindowedAggregation({
    ...{ ...shared, ...marker, name: 'aggregator.sums', results: windows, windowMs: WINDOW_MS, graceMs: GRACE_MS },
    toEvent: ({ windowMs, group, events, result, revision }) => ({
      window: new Date(windowMs).toISOString(),
      page: group[1] ?? 'all',
      sum: result,
      events,
      revision,
    }),
  })
const running = (marker: Marked) => (log: EventLog) =>
  createRunningTotals({
    ...{ ...shared, ...marker, log, name: 'aggregator.totals', results: totals, horizonMs: GRACE_MS },
    toEvent: ({ group, result, ...total }) => ({ page: group[1] ?? 'all', sum: result, datetime: NOON, ...total }),
  })

const newestWindows = async (driver: TopologyDriver) =>
  newestOf(await driver.read(windows), ({ window, page }) => `${window} ${page}`)
const newestTotals = async (driver: TopologyDriver) => newestOf(await driver.read(totals), ({ page }) => ` ${page}`)
const lateIdsOf = async (driver: TopologyDriver) => new Set((await driver.read(late)).map(({ eventId }) => eventId))

/** The rows that hold events; every other one is that of no event. */
function held(rows: ReadonlyMap<string, { readonly sum: number; readonly events: number }>) {
  const found: Record<string, { sum: number; events: number }> = {}
  for (const [name, { sum, events }] of rows)
    if (events > 0) found[name] = { sum, events }
    else expect(sum).toBe(0)
  return found
}

const startOf = (timeMs: number, stepMs: number): number => Math.floor(timeMs / stepMs) * stepMs
const kinds = [
  {
    of: 'windows',
    topology: (marker: Marked) => () => windowed(marker),
    newest: newestWindows,
    closesMs: (timeMs: number) => startOf(timeMs, WINDOW_MS) + WINDOW_MS + GRACE_MS,
    windowOf: ({ datetime }: { readonly datetime: string }) =>
      new Date(startOf(Date.parse(datetime), WINDOW_MS)).toISOString(),
  },
  {
    of: 'totals',
    topology: running,
    newest: newestTotals,
    closesMs: (timeMs: number) => startOf(timeMs, GRACE_MS / 8) + GRACE_MS / 8 + GRACE_MS,
    windowOf: () => '',
  },
]
const deeds = array(deed.map(withCorrections), { minLength: 4, maxLength: 16 })
const roughDeeds = array(roughDeed.map(withCorrections), { minLength: 4, maxLength: 14 })
const runs = { numRuns: 60, endOnFailure: true }

describe.each(kinds)('$of over corrected events', ({ topology, newest, closesMs, windowOf }) => {
  it.each([
    ['that say whether they are corrections, and move to other windows', marked, true],
    ['that do not say whether they are corrections', {}, false],
  ] as const)(
    'equal a recomputation over the newest record of each event, for records %s',
    async (_, marker, moves) => {
      await assert(
        asyncProperty(deeds, deeds =>
          live(
            topology(marker),
            deeds,
            async world => {
              const knowsCorrections = marker === marked
              const { counted, lateIds } = await countedOf(world, { closesMs, knowsCorrections })
              expect(held(await newest(world.driver))).toEqual(sumsOf(counted, windowOf))
              expect(await lateIdsOf(world.driver)).toEqual(lateIds)
            },
            { write: createCorrections({ moves, copies: true }) },
          ),
        ),
        runs,
      )
    },
    240_000,
  )

  it('count each event or tell of it as late, whenever it is corrected and whatever retention takes', async () => {
    await assert(
      asyncProperty(roughDeeds, deeds =>
        live(
          topology(marked),
          deeds,
          async ({ driver, sent }) => {
            let counted = 0
            for (const { page, events } of (await newest(driver)).values()) if (page === 'all') counted += events
            // A partial result that came too late tells of its events group by group.
            const lates = (await driver.read(late)).filter(({ group }) => group === null || group[0] === 'all')
            for (const { events } of newestOf(lates, ({ eventId }) => eventId).values()) counted += events
            expect(counted).toBe(sent.size)
          },
          { write: createCorrections({ moves: true, copies: false }) },
        ),
      ),
      runs,
    )
  }, 240_000)
})

const click = (id: number, atMs: number, revision: number, change: Partial<RevisedClick> = {}): RevisedClick => ({
  eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  datetime: new Date(NOON_MS + atMs).toISOString(),
  ...{ user: 'ann', page: 'red', n: 1, revision, correction: revision > 1, ...change },
})

describe('a corrected event', () => {
  it('leaves its groups and enters those of its newer record; a group without events is published as such', async () => {
    await using driver = await createTopologyDriver(windowed(marked))
    const blue = { page: 'blue', n: 2 }
    await driver.pipe(revised, click(1, 0, 1, { n: 0.1 }), click(2, 0, 1, { n: 0.2 }), click(3, 0, 1, blue))
    await driver.advance(3_000)
    await driver.pipe(revised, click(1, 0, 3, blue), click(1, 0, 2, { n: 9 }), click(1, 0, 3, { n: 9 }))
    await driver.pipe(revised, click(2, 0, 2, blue))
    await driver.advance(3_000)
    const newest = await newestWindows(driver)
    expect(newest.get(`${NOON} blue`)).toMatchObject({ sum: 6, events: 3 })
    expect(newest.get(`${NOON} all`)).toMatchObject({ events: 3 })
    // Exactly 0, whatever fractions were added and subtracted.
    expect(newest.get(`${NOON} red`)).toMatchObject({ sum: 0, events: 0 })
  })

  it('stays as it was counted when its correction comes after the grace, and is not late', async () => {
    await using driver = await createTopologyDriver(windowed(marked))
    await driver.clock.advance(WINDOW_MS + GRACE_MS)
    await driver.pipe(revised, click(1, 0, 1), click(2, WINDOW_MS + GRACE_MS, 1))
    await driver.pipe(revised, click(1, 0, 2, { n: 9 }), click(3, 0, 1), click(3, 0, 2))
    await driver.advance(3_000)
    expect((await newestWindows(driver)).get(`${NOON} all`)).toMatchObject({ sum: 1, events: 1 })
    expect(await driver.read(late)).toMatchObject([{ eventId: `${click(3, 0, 1).eventId}:late`, events: 1 }])
  })

  it('goes to the window of its new time, as long as both are open', async () => {
    await using driver = await createTopologyDriver(windowed({}))
    await driver.clock.advance(WINDOW_MS)
    await driver.pipe(revised, click(1, 0, 1), click(1, WINDOW_MS, 2), click(1, 1, 1))
    await driver.advance(3_000)
    expect(held(await newestWindows(driver))).toEqual({
      '2026-01-01T00:01:00.000Z red': { sum: 1, events: 1 },
      '2026-01-01T00:01:00.000Z all': { sum: 1, events: 1 },
    })
  })
})
