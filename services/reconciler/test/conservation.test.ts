import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Comparer } from '../src/comparer.ts'
import { reconcile, reportLines } from '../src/index.ts'
import { conservingShop } from './shop.ts'
import { openTrafficWorld, type TrafficWorld } from './traffic-world.ts'

const never = new AbortController().signal
const right = { missing: 0, duplicate: 0, unexpected: 0, unbalanced: 0, examples: [] }
const open = (): Promise<TrafficWorld> => openTrafficWorld(conservingShop)

const round = (comparer: Comparer) => comparer.round(never)

/** A round that waits for consumers until it gives up. */
async function roundInVain({ clock }: TrafficWorld, comparer: Comparer) {
  let isDone = false
  const result = round(comparer).finally(() => {
    isDone = true
  })
  result.catch(() => {})
  while (!isDone) await clock.advance(1_000)
  return result
}

const once = async ({ catalog, log, lake, mart, clock, workDirectory }: TrafficWorld) =>
  reconcile({ catalog, log, lake, mart, clock, workDirectory })

async function gaugeOf({ core }: TrafficWorld): Promise<unknown> {
  const metric = core.registry.getSingleMetric('millrace_reconciler_conservation_difference_events')!
  return (await metric.get()).values
}

/** The totals of the hours count some events twice. */
const countTwice = (world: TrafficWorld, events: number): void => {
  expect(world.sql(`UPDATE _shop_totals SET orders = orders + ${events} WHERE period = 'hour'`)).toBe(1)
}

/** Calls a function each time the table of totals is read. */
function onScan(world: TrafficWorld, happen: () => Promise<void>): void {
  const { scan } = world.mart
  world.mart.scan = async function* (table, columns) {
    if (table.name === 'shop_totals') await happen()
    yield* scan.call(world.mart, table, columns)
  }
}

describe('the report of conservation', () => {
  it('adds up where every event is counted, late or failed', async () => {
    await using world = await open()
    await world.send(20, 1)
    await world.sendPoison('shop.raw', 1)
    await world.sendAgain(3)
    await world.settle()
    const report = await once(world)
    expect(report.conservation).toEqual({
      'shop.raw': { source: 21, counted: 17, late: 3, failed: 1, expired: 0, difference: 0 },
    })
    expect(report.ok).toBe(true)
    expect(reportLines(report)).toContain('  shop.raw: 21 events = 17 counted + 3 late + 1 failed')
  })

  it('names what the aggregates lack', async () => {
    await using world = await open()
    world.lose('aggregator', 3)
    await world.send(5, 1)
    await world.settle()
    const report = await once(world)
    expect(report.conservation['shop.raw']).toEqual({
      source: 5,
      counted: 2,
      late: 0,
      failed: 0,
      expired: 0,
      difference: 3,
    })
    expect(report.ok).toBe(false)
    expect(report.examples).toEqual(['shop.raw: of 5 events 2 are in shop_totals (2), late (0) or failed (0)'])
    expect(reportLines(report)).toContain('  ! shop.raw: 5 events = 2 counted + 0 late + 0 failed, difference 3')
  })

  it('says by how much the aggregates have more than there is', async () => {
    await using world = await open()
    await world.send(5, 1)
    await world.settle()
    countTwice(world, 2)
    const report = await once(world)
    expect(report.conservation['shop.raw']).toEqual({
      source: 5,
      counted: 7,
      late: 0,
      failed: 0,
      expired: 0,
      difference: -2,
    })
    expect(report.ok).toBe(false)
    expect(report.examples).toEqual(['shop.raw: of 5 events 7 are in shop_totals (7), late (0) or failed (0)'])
  })

  it('takes no event for double that is sent again after its window has closed', async () => {
    await using world = await open()
    await world.send(5, 1)
    await world.settle()
    world.closeWindows()
    for (const index of [0, 1, 1]) await world.sendAgain(index)
    await world.settle()
    const report = await once(world)
    expect(report.conservation['shop.raw']).toEqual({
      source: 5,
      counted: 5,
      late: 2,
      failed: 0,
      expired: 0,
      difference: 0,
    })
    expect(report.ok).toBe(true)
    expect(reportLines(report)).toContain(
      '  shop.raw: 5 events = 5 counted + 2 late + 0 failed, 2 of them copies or newer than the comparison',
    )
    countTwice(world, 3)
    // Three records are copies, but two events are late.
    expect((await once(world)).conservation['shop.raw']).toMatchObject({ counted: 8, late: 2, difference: -3 })
  })

  it('does not count an event as failed that was corrected and sent again', async () => {
    await using world = await open()
    const [id] = await world.send(1, 1)
    await world.settle()
    const { partition } = (await world.log.range('shop.raw')).find(({ end }) => end > 0)!
    const where = {
      topic: 'shop.raw',
      partition,
      offset: 0,
      sourceEventId: id,
      service: 'aggregator',
      stage: 'process',
    }
    const what = { datetime: '2024-01-01T00:00:00.000Z', code: 'test', message: 'test', path: null, key: null }
    await world.append('failed-events', 'x', [
      { eventId: 'x', ...what, ...where, sink: null, domain: 'shop', payload: '' },
    ])
    // Only the second record of the event was counted.
    await world.sendAgain(0)
    await world.settle()
    expect((await once(world)).conservation['shop.raw']).toEqual({
      source: 1,
      counted: 1,
      late: 0,
      failed: 0,
      expired: 0,
      difference: 0,
    })
  })

  it('says that it does not know where retention removed records that only the log had', async () => {
    await using world = await open()
    await world.send(20, 1)
    await world.settle()
    const { range } = world.log
    world.log.range = async topic =>
      (await range(topic)).map(each => (topic === 'shop.late' && each.end > 0 ? { ...each, earliest: 1 } : each))
    const report = await once(world)
    expect(report.conservation['shop.raw']).toMatchObject({ source: 20, late: 2, difference: null })
    expect(report.ok).toBe(true)
    expect(reportLines(report).join('\n')).toContain('0 failed, not compared: retention removed records')
  })

  it('knows the events of a topic that only the lake still has', async () => {
    await using world = await open()
    await world.send(20, 1)
    await world.settle()
    const { range } = world.log
    world.log.range = async topic =>
      (await range(topic)).map(each => (topic === 'shop.raw' ? { ...each, earliest: each.end } : each))
    expect((await once(world)).conservation).toEqual({
      'shop.raw': { source: 20, counted: 17, late: 3, failed: 0, expired: 0, difference: 0 },
    })
  })

  it('allows for events that come while the table is read', async () => {
    await using world = await open()
    await world.send(5, 1)
    await world.settle()
    onScan(world, async () => {
      await world.send(3, 1)
      await world.settle()
    })
    expect((await once(world)).conservation['shop.raw']).toMatchObject({ source: 5, difference: 0 })
  })
})

const DAY_MS = 86_400_000
const openKept = (): Promise<TrafficWorld> => openTrafficWorld(conservingShop, new Map([['shop_totals', 2 * DAY_MS]]))

describe('conservation of a table whose rows end', () => {
  it('allows for the events of rows that are gone, and for no others', async () => {
    await using world = await openKept()
    await world.send(5, 1)
    await world.settle()
    expect((await once(world)).conservation['shop.raw']).toMatchObject({ counted: 5, expired: 0, difference: 0 })
    await world.clock.advance(4 * DAY_MS)
    const report = await once(world)
    expect(report.conservation['shop.raw']).toEqual({
      ...{ source: 5, counted: 0, late: 0, failed: 0, expired: 5, difference: 0 },
    })
    expect(report.ok).toBe(true)
    expect(reportLines(report)).toContain('  shop.raw: 5 events = 0 counted + 0 late + 0 failed, up to 5 expired')
    world.lose('aggregator', 2)
    await world.sendNow(8, 1)
    await world.settle()
    expect((await once(world)).conservation['shop.raw']).toMatchObject({ source: 13, expired: 5, difference: 2 })
  })

  it.each([10, 1_000_000])('does so while the platform works (budget %i)', async auditRecords => {
    await using world = await openKept()
    await world.send(30, 1)
    await world.settle()
    const comparer = world.comparer({ auditRecords })
    expect(await round(comparer)).toEqual(right)
    await world.clock.advance(4 * DAY_MS)
    // The first one is too old already: its row is not written.
    await world.send(1, 1)
    await world.sendNow(4, 1)
    await world.settle()
    for (let rounds = 0; rounds < 3; rounds++) expect(await round(comparer)).toEqual(right)
    world.lose('aggregator', 2)
    await world.sendNow(6, 1)
    await world.settle()
    expect(await round(comparer)).toMatchObject({ unbalanced: 2 })
  })
})

describe('conservation while the platform works', () => {
  it('names what the aggregates lack until they have it', async () => {
    await using world = await open()
    const comparer = world.comparer()
    await world.send(20, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    world.lose('aggregator', 2)
    await world.send(6, 1)
    await world.settle()
    const sentence = 'shop.raw: 2 events are neither in shop_totals nor late nor failed'
    expect(await round(comparer)).toEqual({ ...right, unbalanced: 2, examples: [sentence] })
    expect(await gaugeOf(world)).toEqual([{ labels: { topic: 'shop.raw', table: 'shop_totals' }, value: 2 }])
    expect(await round(comparer)).toMatchObject({ unbalanced: 2 })
    world.crash('aggregator')
    for (const part of world.groups.aggregator.parts) part.done = 0
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    expect(await gaugeOf(world)).toMatchObject([{ value: 0 }])
  })

  it('takes no event for double that is sent again after its window has closed', async () => {
    await using world = await open()
    const comparer = world.comparer()
    await world.send(5, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    world.closeWindows()
    await world.sendAgain(0)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    expect(await gaugeOf(world)).toMatchObject([{ value: 0 }])
  })

  it('names what the aggregates have more than once', async () => {
    await using world = await open()
    const comparer = world.comparer()
    await world.send(5, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    await world.send(5, 1)
    await world.settle()
    countTwice(world, 2)
    const sentence = 'shop.raw: 2 events are in shop_totals more than once, or late as well'
    expect(await round(comparer)).toEqual({ ...right, unbalanced: 2, examples: [sentence] })
    expect(await gaugeOf(world)).toMatchObject([{ value: -2 }])
  })

  it('differs only by what was lost, whatever crashes and comes again', { timeout: 240_000 }, async () => {
    const act = fc.record({
      act: fc.constantFrom('send', 'send', 'again', 'poison', 'work', 'work', 'crash', 'commit', 'compare'),
      count: fc.integer({ min: 1, max: 12 }),
      player: fc.nat(5),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.nat(3), async (acts, lost) => {
        await using world = await open()
        const comparer = world.comparer()
        for (const { act, count, player } of acts) {
          if (act === 'send') await world.send(count, player)
          else if (act === 'again') await world.sendAgain(count)
          else if (act === 'poison') await world.sendPoison('shop.raw', player)
          else if (act === 'work') await world.work.aggregator(player, count)
          else if (act === 'crash') world.crash('aggregator')
          else if (act === 'commit') await world.groups.aggregator.commit(index => index % 2 === count % 2)
          else {
            await world.settle()
            expect(await round(comparer)).toEqual(right)
          }
        }
        await world.settle()
        world.lose('aggregator', lost)
        await world.send(5, 1)
        await world.settle()
        expect((await round(comparer)).unbalanced).toBe(lost)
        expect((await once(world)).conservation['shop.raw']?.difference).toBe(lost)
      }),
      { numRuns: 20 },
    )
  })

  it('finds what was lost before it began only where the topic is small', async () => {
    await using world = await open()
    world.lose('aggregator', 2)
    await world.send(20, 1)
    await world.settle()
    expect(await round(world.comparer())).toMatchObject({ unbalanced: 2 })
    const comparer = world.comparer({ auditRecords: 10 })
    expect(await round(comparer)).toEqual(right)
    world.lose('aggregator', 1)
    await world.send(3, 1)
    await world.settle()
    expect(await round(comparer)).toMatchObject({ unbalanced: 1 })
  })

  it('reads a table only when something changed, and a large one not in every round', async () => {
    await using world = await open()
    let scans = 0
    onScan(world, async () => void scans++)
    const comparer = world.comparer()
    await world.send(3, 1)
    await world.settle()
    for (let rounds = 0; rounds < 3; rounds++) await round(comparer)
    expect(scans).toBe(1)
    await world.send(1, 1)
    await world.settle()
    await round(comparer)
    expect(scans).toBe(2)
    // The table has two rows, of an hour and of a day.
    const slow = world.comparer({ auditRecords: 1 })
    for (let rounds = 0; rounds < 5; rounds++) {
      await world.send(1, 1)
      await world.settle()
      await round(slow)
    }
    expect(scans).toBe(2 + 3)
  })

  it('keeps its last result while a consumer is behind', async () => {
    await using world = await open()
    const comparer = world.comparer()
    await world.send(3, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    const behind = world.work.aggregator
    world.work.aggregator = async () => {}
    await world.send(3, 1)
    await world.settle()
    expect(await roundInVain(world, comparer)).toEqual(right)
    world.work.aggregator = behind
    await world.settle()
    expect(await round(comparer)).toEqual(right)
  })

  it.each([10, 1_000_000])('allows for events that come while the table is read (budget %i)', async auditRecords => {
    await using world = await open()
    await world.send(30, 1)
    await world.settle()
    const comparer = world.comparer({ auditRecords })
    onScan(world, async () => {
      await world.send(3, 1)
      await world.settle()
    })
    for (let rounds = 0; rounds < 4; rounds++) expect(await round(comparer)).toEqual(right)
  })
})
