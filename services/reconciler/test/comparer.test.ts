import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Comparer } from '../src/comparer.ts'
import { openTrafficWorld, type Service, services, type TrafficWorld, uuid } from './traffic-world.ts'

const never = new AbortController().signal
const right = { missing: 0, duplicate: 0, unexpected: 0, unbalanced: 0, examples: [] }
const round = (comparer: Comparer) => comparer.round(never)

/** Every data file of a topic in the lake. */
function dataFiles({ directory }: TrafficWorld, topic: string): string[] {
  const folder = path.join(directory, 'lake', topic)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
}

async function metricOf(
  { core }: TrafficWorld,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const metric = await core.registry.getSingleMetric(name)!.get()
  const fits = metric.values.filter(value =>
    Object.entries(labels).every(([label, wanted]) => (value.labels as Record<string, unknown>)[label] === wanted),
  )
  return fits.reduce((sum, { value }) => sum + value, 0)
}

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('send'), count: fc.integer({ min: 1, max: 9 }), n: fc.nat(5) }),
  },
  fc.record({ act: fc.constantFrom('again', 'poison-raw', 'poison-curated'), count: fc.nat(50), n: fc.nat(5) }),
  {
    weight: 8,
    arbitrary: fc.record({ act: fc.constantFrom(...services), count: fc.integer({ min: 1, max: 12 }), n: fc.nat(40) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constantFrom(...services.map(g => `commit ${g}`)), count: fc.nat(1), n: fc.nat(1) }),
  },
  fc.record({ act: fc.constantFrom(...services.map(g => `crash ${g}`)), count: fc.nat(1), n: fc.nat(1) }),
  { weight: 3, arbitrary: fc.record({ act: fc.constant('compare'), count: fc.nat(1), n: fc.nat(1) }) },
)

async function perform(
  world: TrafficWorld,
  comparer: Comparer,
  { act, count, n }: { act: string; count: number; n: number },
) {
  const [verb, group] = act.split(' ') as [string, Service]
  if (act === 'send') await world.send(count, n)
  else if (act === 'again') await world.sendAgain(count)
  else if (act === 'poison-raw') await world.sendPoison('shop.raw', n)
  else if (act === 'poison-curated') await world.sendPoison('shop.curated', n)
  else if (act === 'compare') expect(await round(comparer)).toEqual(right)
  else if (verb === 'commit') await world.groups[group].commit(index => index % 2 === n)
  else if (verb === 'crash') world.crash(group)
  else await world.work[verb as Service](n, count)
}

describe('comparing while the platform works', () => {
  it('never reports what a consumer has not committed, and always reports what is lost', {
    timeout: 240_000,
  }, async () => {
    const plants = fc.constantFrom('row', 'file', 'manifest', 'lost')
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 60 }),
        plants,
        fc.nat(),
        fc.boolean(),
        async (acts, plant, dice, fresh) => {
          await using world = await openTrafficWorld()
          let comparer = world.comparer({ auditRecords: dice % 2 === 0 ? 7 : 1_000_000 })
          for (const each of acts) await perform(world, comparer, each)
          const ids = await world.send(7, dice % 6)
          await world.settle()
          expect(await round(comparer)).toEqual(right)
          if (plant === 'row') {
            const id = ids[dice % ids.length]!
            expect(world.sql('DELETE FROM _shop_copies WHERE event_id = ?', id)).toBe(1)
          } else if (plant === 'lost') {
            world.lose('curator', 1)
            await world.send(3, dice % 6)
            await world.settle()
          } else {
            const files = plant === 'file' ? dataFiles(world, 'shop.raw') : dataFiles(world, '_manifests/shop.curated')
            rmSync(files[dice % files.length]!)
          }
          // One that has just started knows nothing of what an earlier one found right.
          if (fresh) comparer = world.comparer({ auditRecords: 7 })
          let missing = 0
          for (let rounds = 0; rounds < 400 && missing === 0; rounds++) missing = (await round(comparer)).missing
          expect(missing).toBeGreaterThan(0)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('names what is missing in each round until it is there again', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer()
    const [first, second] = await world.send(2, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    world.sql('DELETE FROM _shop_orders WHERE event_id = ?', first!)
    const found = {
      missing: 1,
      duplicate: 0,
      unexpected: 0,
      unbalanced: 0,
      examples: [`shop.curated: ${first} is neither in mart table shop_orders nor in failed-events`],
    }
    expect(await round(comparer)).toEqual(found)
    await world.send(40, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(found)
    const differences = { topic: 'shop.curated', hop: 'mart' }
    const name = 'millrace_reconciler_difference_records'
    expect(await metricOf(world, name, { ...differences, kind: 'missing' })).toBe(1)
    expect(await metricOf(world, name, { hop: 'lake' })).toBe(0)
    expect(await metricOf(world, 'millrace_reconciler_found_events_total', differences)).toBe(40)
    world.crash('mart-writer')
    for (const part of world.groups['mart-writer'].parts) part.done = 0
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    expect(await metricOf(world, name, {})).toBe(0)
    expect(second).toBeDefined()
  })

  it('names the records of a missing file, and a record whose content differs', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer()
    await world.send(3, 1)
    await world.settle()
    rmSync(dataFiles(world, 'shop.raw')[0]!)
    const { missing, examples } = await round(comparer)
    expect(missing).toBe(3)
    expect(examples[0]).toMatch(/^shop\.raw: .*\.ndjson\.zst/)
    expect(examples.slice(1)).toEqual([1, 2, 3].map(n => `shop.raw: ${uuid(n)} is not in the lake`))
    await world.send(1, 2)
    world.garble(1)
    await world.settle()
    const after = await round(comparer)
    expect(after.missing).toBe(4)
    expect(after.examples.at(-1)).toMatch(
      /^shop\.\w+: .*-000000000004 \(offset 0 of partition \d\) differs between log and lake$/,
    )
  })

  it('names an archived file that was cut off, also after the log has let its records go', async () => {
    await using world = await openTrafficWorld()
    await world.send(3, 1)
    await world.settle()
    const { range } = world.log
    world.log.range = async topic =>
      (await range(topic)).map(each => (topic === 'shop.raw' ? { ...each, earliest: each.end } : each))
    expect(await round(world.comparer())).toEqual(right)
    const [file] = dataFiles(world, 'shop.raw')
    const { size } = statSync(file!)
    truncateSync(file!, size - 1)
    const { missing, examples } = await round(world.comparer())
    expect(missing).toBe(3)
    expect(examples).toEqual([expect.stringContaining(`has ${size - 1} bytes, expected ${size}`)])
  })

  it('reads what is new, what was wrong and its budget, however much is stored', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer({ auditRecords: 100 })
    const reads = () => metricOf(world, 'millrace_reconciler_records_in_total', {})
    const costs: number[] = []
    for (let rounds = 0; rounds < 12; rounds++) {
      await world.send(100, 1)
      await world.settle()
      const before = await reads()
      await round(comparer)
      costs.push((await reads()) - before)
    }
    // What is stored has grown elevenfold; the cost is that of what is new and of one step of the audit.
    expect(Math.max(...costs.slice(6))).toBeLessThan(Math.max(...costs.slice(0, 6)) * 2)
  })

  it('counts what the archiver put into quarantine', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer()
    await round(comparer)
    await world.send(2, 1)
    world.quarantineFromNow()
    await world.send(3, 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    await round(comparer)
    const quarantined = (topic: string) => metricOf(world, 'millrace_reconciler_quarantined_records_total', { topic })
    expect(await quarantined('shop.raw')).toBe(3)
    expect(await quarantined('shop.visits')).toBe(0)
  })

  it('counts as failed what a service or a sink refused', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer()
    await round(comparer)
    await world.send(3, 1)
    await world.sendPoison('shop.raw', 1)
    await world.sendPoison('shop.curated', 1)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    const failed = (topic: string, hop: string) =>
      metricOf(world, 'millrace_reconciler_failed_events_total', { topic, hop })
    expect(await failed('shop.raw', 'derived')).toBe(1)
    expect(await failed('shop.raw', 'lake')).toBe(1)
    expect(await failed('shop.curated', 'mart')).toBe(1)
    expect(await metricOf(world, 'millrace_reconciler_compared_events_total', { topic: 'shop.raw' })).toBe(8)
  })

  it('finds the derived record of a retry however long ago the first copy came', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer({ auditRecords: 0 })
    await round(comparer)
    for (const count of [1, 2_500]) {
      await world.send(count, 1)
      await world.settle()
      await round(comparer)
    }
    await world.sendAgain(0)
    await world.settle()
    expect(await round(comparer)).toEqual(right)
    world.lose('curator', 1)
    const [lost] = await world.send(1, 1)
    await world.settle()
    expect(await round(comparer)).toMatchObject({
      missing: 1,
      examples: [`shop.raw: ${lost} is neither in shop.curated nor in failed-events`],
    })
  })

  it('says how far it is behind, and how old its last complete comparison is', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer()
    await world.send(5, 1)
    expect(await round(comparer)).toEqual(right)
    const behind = (hop: string) =>
      metricOf(world, 'millrace_reconciler_not_compared_records', { topic: 'shop.raw', hop })
    expect([await behind('lake'), await behind('derived')]).toEqual([5, 5])
    await world.clock.advance(90_000)
    expect(await metricOf(world, 'millrace_reconciler_comparison_age_seconds', {})).toBe(90)
    await world.settle()
    await round(comparer)
    expect([await behind('lake'), await behind('derived')]).toEqual([0, 0])
    expect(await metricOf(world, 'millrace_reconciler_comparison_age_seconds', {})).toBe(0)
  })

  it('continues where it was when a store fails in the middle', async () => {
    await using world = await openTrafficWorld()
    const comparer = world.comparer()
    await round(comparer)
    await world.send(30, 1)
    await world.settle()
    const { has } = world.mart
    world.mart.has = () => Promise.reject(new Error('away'))
    await expect(round(comparer)).rejects.toThrow('away')
    expect(await metricOf(world, 'millrace_reconciler_comparison_age_seconds', {})).toBe(0)
    world.mart.has = has
    expect(await round(comparer)).toEqual(right)
    expect(
      await metricOf(world, 'millrace_reconciler_found_events_total', { hop: 'mart', topic: 'shop.curated' }),
    ).toBe(30)
    expect(await metricOf(world, 'millrace_reconciler_found_events_total', { hop: 'lake', topic: 'shop.raw' })).toBe(30)
  })
})
