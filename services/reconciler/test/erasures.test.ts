import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { eraseRows, type ReceiptContent, writeReceipt } from '@millrace/lake'
import { expect, it } from 'vitest'
import { Erasures } from '../src/erasures.ts'
import { reconcile, reportLines } from '../src/index.ts'
import { shop } from './shop.ts'
import { openTrafficWorld, type TrafficWorld } from './traffic-world.ts'

const DAY_MS = 86_400_000

const receipt = (
  id: string,
  state: ReceiptContent['state'],
  { partition, erased }: { readonly partition: number; readonly erased: ReceiptContent['erased'][string][string] },
): ReceiptContent => ({
  ...{ version: 1, id, state, begunAt: '2024-03-24T11:00:00.000Z', completedAt: null, by: 'a test', domains: ['shop'] },
  ...{ salt: '', person: { kind: 'account', hash: '' }, identifiers: [], lake: {}, mart: {}, log: {}, replaced: [] },
  ends: { 'shop.raw': { [partition]: 3 } },
  erased: { 'shop.raw': { [partition]: erased } },
})

const run = ({ catalog, log, lake, mart, clock, workDirectory, directory }: TrafficWorld) =>
  reconcile({ catalog, log, lake, mart, clock, workDirectory, ledger: path.join(directory, 'ledger') })

/** Three events of one player, acknowledged and finished. */
async function finished(world: TrafficWorld): Promise<number> {
  const ids = await world.send(3, 1)
  mkdirSync(path.join(world.directory, 'ledger/shop.raw'), { recursive: true })
  writeFileSync(path.join(world.directory, 'ledger/shop.raw/a.ids'), ids.map(id => `${id}\n`).join(''))
  await world.settle()
  return (await world.log.range('shop.raw')).find(({ end }) => end > 0)!.partition
}

it('knows which records were erased, by the last state of each receipt', async () => {
  await using world = await openTrafficWorld()
  const erasures = new Erasures(world.lake)
  await erasures.update()
  expect(erasures.stateAt('shop.raw', 0, 1)).toBe('no')
  await writeReceipt(world.lake, receipt('a', 'begun', { partition: 0, erased: [[1, 2]] }))
  await erasures.update()
  expect(erasures.stateAt('shop.raw', 0, 1)).toBe('begun')
  await writeReceipt(world.lake, receipt('a', 'complete', { partition: 0, erased: [[1, 2]] }))
  await writeReceipt(
    world.lake,
    receipt('b', 'begun', {
      partition: 0,
      erased: [
        [2, 2],
        [5, 5],
      ],
    }),
  )
  await erasures.update()
  const states = [0, 1, 2, 3, 5].map(offset => erasures.stateAt('shop.raw', 0, offset))
  expect(states).toEqual(['no', 'complete', 'complete', 'no', 'begun'])
  expect([erasures.count('shop.raw'), erasures.count('shop.raw', new Map([[0, 2]])), erasures.count('other')]).toEqual([
    3, 1, 0,
  ])
  expect([erasures.endOf('shop.raw', 0), erasures.endOf('shop.raw', 1)]).toEqual([3, 0])
})

it('misses no erased record, before and after the log has lost it', async () => {
  await using world = await openTrafficWorld()
  const partition = await finished(world)
  const range = { topic: 'shop.raw', partition, firstOffset: 0 }
  await eraseRows(world.lake, range, [[0, 1]], { erasure: 'a', directory: world.workDirectory })
  await writeReceipt(world.lake, receipt('a', 'complete', { partition, erased: [[0, 1]] }))
  const counts = { log: 3, lake: 1, erased: 2, missing: 0, unexpected: 0 }
  expect(await run(world)).toMatchObject({ ok: true, examples: [], topics: { 'shop.raw': counts } })
  const { range: rangeOf } = world.log
  world.log.range = async topic =>
    (await rangeOf(topic)).map(each =>
      topic === 'shop.raw' && each.partition === partition ? { ...each, earliest: 3 } : each,
    )
  expect(await run(world)).toMatchObject({
    ok: true,
    examples: [],
    topics: { 'shop.raw': { accepted: 3, missing: 0 } },
  })
})

it('counts erased records and events whose rows have ended apart', async () => {
  await using world = await openTrafficWorld(shop, new Map([['shop_orders', DAY_MS]]))
  const partition = await finished(world)
  await eraseRows(world.lake, { topic: 'shop.raw', partition, firstOffset: 0 }, [[0, 1]], {
    ...{ erasure: 'a', directory: world.workDirectory },
  })
  await writeReceipt(world.lake, receipt('a', 'complete', { partition, erased: [[0, 1]] }))
  const before = await run(world)
  expect(reportLines(before).join('\n')).toMatch(/failed +erased +quarantined/)
  await world.clock.advance(DAY_MS + 10_000)
  const report = await run(world)
  const counts = { log: 3, lake: 1, mart: 0, expired: 3, erased: 2, missing: 0, unexpected: 0 }
  expect(report).toMatchObject({ ok: true, examples: [], topics: { 'shop.raw': counts } })
  expect(reportLines(report).join('\n')).toMatch(/failed +expired +erased +quarantined[\s\S]*erasures of people: 1/)
})

it('misses a record that is gone although no erasure says so', async () => {
  await using world = await openTrafficWorld()
  const partition = await finished(world)
  const range = { topic: 'shop.raw', partition, firstOffset: 0 }
  await eraseRows(world.lake, range, [[0, 1]], { erasure: 'a', directory: world.workDirectory })
  const { range: rangeOf } = world.log
  world.log.range = async topic =>
    (await rangeOf(topic)).map(each =>
      topic === 'shop.raw' && each.partition === partition ? { ...each, earliest: 3 } : each,
    )
  const report = await run(world)
  expect(report).toMatchObject({ ok: false, topics: { 'shop.raw': { missing: 2 } } })
  expect(report.examples[0]).toContain('was acknowledged and is not in the log')
})

it('finds a record in the lake that was erased by a receipt', async () => {
  await using world = await openTrafficWorld()
  const partition = await finished(world)
  const comparer = world.comparer()
  const published = async () => {
    await comparer.round(new AbortController().signal)
    const { values } = await world.core.registry.getSingleMetric('millrace_reconciler_erasures')!.get()
    return Object.fromEntries(values.map(({ labels, value }) => [labels.state, value]))
  }
  await writeReceipt(world.lake, receipt('a', 'begun', { partition, erased: [[1, 1]] }))
  expect(await run(world), 'not before the erasure is complete').toMatchObject({ ok: true, erasures: { begun: 1 } })
  expect(await published()).toEqual({ begun: 1, complete: 0 })
  await writeReceipt(world.lake, receipt('a', 'complete', { partition, erased: [[1, 1]] }))
  expect(await published()).toEqual({ begun: 0, complete: 1 })
  const report = await run(world)
  expect(report).toMatchObject({ ok: false, topics: { 'shop.raw': { unexpected: 1 } } })
  expect(report.examples[0]).toContain(`offset 1 of partition ${partition} was erased, and is in the lake`)
})
