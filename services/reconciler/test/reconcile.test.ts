import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { manifestPath, parseAsWritten, payloadHash } from '@millrace/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ReconcileOptions, type ReconcileReport, reconcile, reportLines } from '../src/index.ts'
import { archiveByHand, type Row } from './lake-by-hand.ts'
import { shop, topics } from './shop.ts'
import { openTrafficWorld, type Service, type TrafficWorld, uuid } from './traffic-world.ts'

const DAY_MS = 86_400_000
let world: TrafficWorld
beforeEach(async () => {
  world = await openTrafficWorld()
})
afterEach(() => world.close())

const run = async (more: Pick<ReconcileOptions, 'cut'> = {}): Promise<ReconcileReport> => {
  const { catalog, log, lake, mart, clock, directory, workDirectory } = world
  const report = await reconcile({
    catalog,
    log,
    lake,
    mart,
    clock,
    ledger: path.join(directory, 'ledger'),
    workDirectory,
    ...more,
  })
  expect(await readdir(workDirectory)).toEqual([])
  return report
}

function ledger(topic: string, ids: readonly string[]): void {
  const folder = path.join(world.directory, 'ledger', topic)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'writer.ids'), ids.map(id => `${id}\n`).join(''))
}

/** Three events of one player that every service has finished, and their records in the log. */
async function finished() {
  const ids = await world.send(3, 1)
  ledger('shop.raw', ids)
  await world.settle()
  return { ids, ...(await rowsOf('shop.raw')) }
}

async function rowsOf(topic: string): Promise<{ partition: number; rows: Row[] }> {
  const range = (await world.log.range(topic)).find(({ end }) => end > 0)!
  const rows: Row[] = []
  for await (const records of world.log.read(topic, range.partition, 0, range.end))
    for (const { offset, value } of records) rows.push({ offset, event: JSON.parse(value.toString()) })
  return { partition: range.partition, rows }
}

/** The range of `shop.raw` from its first offset on, archived anew. */
const rearchive = (partition: number, ...files: (readonly Row[])[]) =>
  archiveByHand(world.lake, { topic: 'shop.raw', partition, first: 0, last: 2, files })

/** The log no longer has the first three records of a partition of `shop.raw`. */
function forget(partition: number): void {
  const { range } = world.log
  world.log.range = async topic =>
    (await range(topic)).map(each =>
      topic === 'shop.raw' && each.partition === partition ? { ...each, earliest: 3 } : each,
    )
}

const without = async (service: Service): Promise<void> => {
  const run = world.work[service]
  world.work[service] = async () => {}
  await world.settle()
  world.work[service] = run
}

describe('a comparison of everything', () => {
  it('finds nothing wrong where everything arrived', async () => {
    await finished()
    const report = await run()
    const counts = {
      failed: 0,
      expired: 0,
      quarantined: 0,
      missing: 0,
      duplicate: 0,
      unexpected: 0,
      repeats: 0,
      gaps: 0,
      erased: 0,
    }
    expect(report.topics['shop.raw']).toEqual({ accepted: 3, log: 3, lake: 3, derived: 3, mart: 3, ...counts })
    expect(report.topics['shop.curated']).toEqual({
      accepted: null,
      log: 3,
      lake: 3,
      derived: null,
      mart: 3,
      ...counts,
    })
    expect(report.topics['shop.totals']).toMatchObject({ lake: null, derived: null })
    expect(report).toMatchObject({ ok: true, examples: [], refused: 0, conservation: {} })
    expect(report.digests).toEqual({ shop: report.digest })
  })

  it('counts an event apart of which a row is gone because its retention has ended', async () => {
    await world.close()
    world = await openTrafficWorld(shop, new Map([['shop_orders', DAY_MS]]))
    const { ids } = await finished()
    await world.clock.advance(DAY_MS + 10_000)
    const report = await run()
    const counts = { log: 3, lake: 3, mart: 0, failed: 0, expired: 3, missing: 0 }
    expect(report.topics['shop.curated']).toMatchObject(counts)
    expect(report.topics['shop.raw']).toMatchObject({ ...counts, accepted: 3 })
    expect(report.ok).toBe(true)
    expect(reportLines(report).join('\n')).toMatch(/failed +expired +quarantined/)
    expect(world.sql('DELETE FROM _shop_copies WHERE event_id = ?', ids[1]!)).toBe(1)
    const lacking = await run()
    expect(lacking.topics['shop.raw']).toMatchObject({ mart: 0, expired: 2, missing: 0 })
    expect(lacking.topics['shop.curated']).toMatchObject({ mart: 0, expired: 2, missing: 1 })
    expect(lacking.examples).toEqual([
      `shop.curated: ${ids[1]} is neither in mart table shop_copies nor in failed-events`,
    ])
  })

  it('names an acknowledged event that is not in the log', async () => {
    await finished()
    ledger('shop.raw', [1, 2, 3, 4].map(uuid))
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({ accepted: 4, log: 3, missing: 1 })
    expect(report.examples).toEqual([`shop.raw: ${uuid(4)} was acknowledged and is not in the log`])
    expect(report.ok).toBe(false)
  })

  it('names every event of a topic whose derived topic is empty', async () => {
    await world.send(3, 1)
    await without('curator')
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({ log: 3, lake: 3, derived: 0, mart: 0, missing: 3 })
    expect(report.examples[0]).toBe(`shop.raw: ${uuid(1)} is neither in shop.curated nor in failed-events`)
    expect(report.ok).toBe(false)
  })

  it('finds derived records in another partition where the topics are not partitioned alike', async () => {
    const otherwise = { ...topics.curated, keyField: null, keyOf: () => 'x' }
    const { catalog } = world
    const derivedOf: typeof catalog.derivedOf = name => (name === 'shop.raw' ? [otherwise] : catalog.derivedOf(name))
    Object.assign(world, { catalog: { ...catalog, derivedOf } })
    await world.send(5, 1)
    await without('curator')
    const raw = await rowsOf('shop.raw')
    for (const key of ['a', 'b', 'c'])
      await world.append('shop.curated', key, [{ ...raw.rows.shift()!.event, twice: 2 }])
    const { derived, missing } = (await run()).topics['shop.raw']!
    expect({ derived, missing }).toEqual({ derived: 3, missing: 2 })
  })

  it('names an offset that the lake lacks', async () => {
    const { partition, rows } = await finished()
    await rearchive(partition, [rows[0]!, rows[2]!])
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({ lake: 2, missing: 1 })
    expect(report.examples[0]).toBe(`shop.raw: ${uuid(2)} is not in the lake`)
  })

  it('names offsets that no manifest covers', async () => {
    const { partition, rows } = await finished()
    await archiveByHand(world.lake, { topic: 'shop.raw', partition, first: 0, last: 1, files: [rows.slice(0, 2)] })
    const report = await run()
    expect(report.topics['shop.raw']?.missing).toBe(1)
    expect(report.examples).toEqual([`shop.raw: ${uuid(3)} is not archived`])
  })

  it('names a range with fewer rows than its manifest says, also where the log no longer has it', async () => {
    const { partition, rows } = await finished()
    const range = { topic: 'shop.raw', partition, first: 0, last: 2, files: [rows] }
    await archiveByHand(world.lake, { ...range, rows: 5 })
    const before = await run()
    expect(before.topics['shop.raw']).toMatchObject({ lake: 3, missing: 1 })
    expect(before.examples).toEqual([`shop.raw: the range 0 to 2 of partition ${partition} has 3 of 5 rows`])
    forget(partition)
    expect((await run()).topics['shop.raw']).toMatchObject({ log: 0, lake: 3, missing: 2 })
  })

  it('takes files of days, and names one whose content is not the one that its name says', async () => {
    const { partition, rows } = await finished()
    const range = { topic: 'shop.raw', partition, first: 0, last: 2, files: [rows], format: 'daily-ndjson' as const }
    const { files } = await archiveByHand(world.lake, range)
    expect((await run()).topics['shop.raw']).toMatchObject({ lake: 3, missing: 0 })
    const { path: file, sha256 } = files[0]!
    const content = String(await world.lake.read(file))
    await world.lake.write(file, Buffer.from(content.replace('"x":3', '"x":4')))
    const changed = await run()
    expect(changed.topics['shop.raw']).toMatchObject({ lake: 0, missing: 3 })
    expect(changed.examples.join()).toContain(`The data file ${file} in ${world.lake.location} is damaged`)
    await archiveByHand(world.lake, { ...range, namedHash: '0'.repeat(64) })
    const named = await run()
    expect(named.topics['shop.raw']).toMatchObject({ lake: 0, missing: 3 })
    expect(named.examples.join()).toContain(`its content has the SHA-256 ${sha256}, its name says 000`)
  })

  it('names a manifest that cannot be read', async () => {
    const { partition } = await finished()
    await world.lake.write(manifestPath('shop.raw', partition, 0), Buffer.from('{"version'))
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({ lake: 0, missing: 1 })
    expect(report.examples[0]).toContain(`a manifest of partition ${partition} from offset 0 on`)
  })

  it.each([
    ['a field', { x: 99 }],
    ['a digit that no double holds', parseAsWritten('{"x":3.00000000000000000001}')],
    ['a field that is not known and null', { note: null }],
  ])('names a record of which the lake has %s otherwise, though its id is right', async (_, change) => {
    const { partition, rows } = await finished()
    expect(rows[2]!.event.x).toBe(3)
    await rearchive(partition, [rows[0]!, rows[1]!, { offset: 2, event: { ...rows[2]!.event, ...(change as object) } }])
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({ lake: 3, missing: 1 })
    expect(report.examples[0]).toContain('differs between log and lake')
  })

  it('counts an offset that is in the lake twice, and a range that is archived twice', async () => {
    const { partition, rows } = await finished()
    await rearchive(partition, rows, [rows[0]!])
    await archiveByHand(world.lake, { topic: 'shop.raw', partition, first: 2, last: 2, files: [[rows[2]!]] })
    const report = await run()
    expect(report.topics['shop.raw']?.duplicate).toBe(2)
    expect(report.ok).toBe(false)
  })

  it('finds a row under an offset that the log does not have', async () => {
    const { partition, rows } = await finished()
    await rearchive(partition, [...rows, { offset: 7, event: { eventId: uuid(7) } }])
    expect((await run()).topics['shop.raw']).toMatchObject({ unexpected: 1 })
  })

  it('names an event without a row, unless it is in failed-events', async () => {
    await finished()
    world.sql('DELETE FROM _shop_orders WHERE event_id = ?', uuid(3))
    const before = await run()
    expect(before.topics['shop.curated']).toMatchObject({ mart: 2, failed: 0, missing: 1 })
    expect(before.topics['shop.raw']).toMatchObject({ derived: 3, mart: 2, failed: 0, missing: 0 })
    expect(before.examples).toEqual([
      `shop.curated: ${uuid(3)} is neither in mart table shop_orders nor in failed-events`,
    ])
    const { partition } = await rowsOf('shop.curated')
    const atMart = { service: 'mart-writer', stage: 'sink', sink: 'mart', partition }
    await fail({ ...atMart, topic: 'shop.hints', offset: 8, sourceEventId: `${uuid(3)}:hint` })
    expect((await run()).topics['shop.raw']).toMatchObject({ failed: 0, missing: 0 })
    await fail({ ...atMart, topic: 'shop.curated', offset: 2, sourceEventId: uuid(3) })
    const failed = { mart: 2, failed: 1, missing: 0 }
    expect(await run()).toMatchObject({
      ok: true,
      examples: [],
      topics: { 'shop.raw': failed, 'shop.curated': failed },
    })
  })

  it('compares a table without event ids by the keys of its rows, and a topic that only the lake has', async () => {
    const datetime = '2024-01-01T00:00:00.000Z'
    for (const item of ['pen', 'ink']) await world.append('shop.prices', item, [{ datetime, item, price: 1 }])
    await world.append('shop.visits', 'a', [{ datetime, account: 'a' }])
    await world.settle()
    const report = await run()
    expect(report).toMatchObject({ ok: true, examples: [] })
    expect(report.topics['shop.prices']).toMatchObject({ log: 2, lake: null, mart: 2 })
    expect(report.topics['shop.visits']).toMatchObject({ log: 1, lake: 1, mart: null })
    world.sql('DELETE FROM _shop_prices WHERE item = ?', 'ink')
    rmSync(path.join(world.directory, 'lake', 'shop.visits'), { recursive: true })
    const after = await run()
    expect(after.topics['shop.prices']).toMatchObject({ mart: 1, missing: 1 })
    expect(after.topics['shop.visits']).toMatchObject({ lake: 0, missing: 1 })
    expect(after.ok).toBe(false)
  })

  it('counts an event that is in a mart table twice', async () => {
    await finished()
    const table = world.catalog.table('shop_orders')
    const values = { day: '2025-12-31', datetime: 5, event_id: uuid(1), x: 1 }
    await world.mart.upsert(table, [{ values, writeTimeMicros: 1 }])
    const report = await run()
    expect(report.topics['shop.curated']).toMatchObject({ mart: 3, duplicate: 1 })
    expect(report.examples).toEqual([`shop.curated: ${uuid(1)} is in mart table shop_orders 2 times`])
  })

  it('counts a retry of a sender apart', async () => {
    await finished()
    await world.sendAgain(0)
    await world.settle()
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({
      log: 3,
      lake: 3,
      derived: 3,
      repeats: 1,
      missing: 0,
      duplicate: 0,
    })
    expect(report.ok).toBe(true)
  })

  it('counts refusals of the gateway apart', async () => {
    await finished()
    await fail({
      service: 'ingest-gateway',
      stage: 'ingest',
      sink: 'log',
      topic: 'shop.raw',
      partition: null,
      offset: null,
    })
    expect(await run()).toMatchObject({ refused: 1, ok: true, topics: { 'shop.raw': { failed: 0 } } })
  })

  it('counts an unreadable record as failed only where it was reported', async () => {
    await world.sendPoison('shop.raw', 1)
    const { partition } = (await world.log.range('shop.raw')).find(({ end }) => end > 0)!
    await archiveByHand(world.lake, { topic: 'shop.raw', partition, first: 0, last: 0, files: [] })
    expect((await run()).topics['shop.raw']).toMatchObject({ log: 1, lake: 0, failed: 0, missing: 2 })
    const where = { topic: 'shop.raw', partition, offset: 0, sourceEventId: null }
    await fail({ ...where, service: 'lake-archiver', stage: 'sink', sink: 'lake' })
    await fail({ ...where, service: 'curator', stage: 'process', sink: null })
    expect(await run()).toMatchObject({ ok: true, topics: { 'shop.raw': { failed: 1, missing: 0 } } })
  })

  it('reports a gap that retention made, and refuses one over records that the log still has', async () => {
    const { partition } = await finished()
    await archiveByHand(world.lake, { topic: 'shop.raw', partition, first: 0, last: 2, files: [], kind: 'gap' })
    const report = await run()
    expect(report.topics['shop.raw']).toMatchObject({ lake: 0, gaps: 3, missing: 3 })
  })

  it('counts the rows in quarantine', async () => {
    await world.send(2, 1)
    world.quarantineFromNow()
    await world.send(3, 1)
    await world.settle()
    expect(await run()).toMatchObject({ ok: true, topics: { 'shop.raw': { lake: 5, quarantined: 3 } } })
  })

  it('reads archived records that the log no longer has', async () => {
    const { partition } = await finished()
    const before = await run()
    forget(partition)
    const after = await run()
    expect(after).toMatchObject({ ok: true, digest: before.digest })
    expect(after.topics['shop.raw']).toMatchObject({ accepted: 3, log: 0, lake: 3, missing: 0 })
    rmSync(path.join(world.directory, 'lake', 'shop.raw'), { recursive: true })
    // Without a copy anywhere they are lost, once for the archive and once for the ledger.
    expect((await run()).topics['shop.raw']).toMatchObject({ lake: 0, missing: 6 })
  })

  it('leaves out what came after the cut, also where one archived range holds both', async () => {
    await world.send(3, 1)
    const cut = new Map([['shop.raw', new Map((await world.log.range('shop.raw')).map(of => [of.partition, of.end]))]])
    await world.send(2, 1)
    await world.settle()
    const report = await run({ cut })
    expect(report.topics['shop.raw']).toMatchObject({ log: 3, lake: 3, derived: 3, mart: 3 })
    expect(report).toMatchObject({ ok: true, examples: [] })
    expect(report.digest).not.toBe((await run()).digest)
  })

  it('has the digest of the sorted distinct canonical payloads that the lake has', async () => {
    await finished()
    await world.sendAgain(1)
    await world.settle()
    const hashesOf = async (topic: string) =>
      (await rowsOf(topic)).rows.map(({ event }) => payloadHash(shop.topic(topic), event).toString('hex'))
    const hashes = [...new Set([...(await hashesOf('shop.raw')), ...(await hashesOf('shop.curated'))])].sort()
    expect(hashes).toHaveLength(6)
    const sha256 = createHash('sha256')
      .update(Buffer.from(hashes.join(''), 'hex'))
      .digest('hex')
    expect((await run()).digest).toBe(`sha256:${sha256}`)
  })

  it('has one digest for the same payloads in any order and with repetitions, and another for others', async () => {
    const { partition, rows } = await finished()
    const { digest } = await run()
    await rearchive(partition, [rows[2]!], [rows[0]!, rows[1]!], [rows[1]!])
    expect((await run()).digest).toBe(digest)
    await rearchive(partition, [rows[0]!, rows[1]!, { offset: 2, event: { ...rows[2]!.event, x: 99 } }])
    expect((await run()).digest).not.toBe(digest)
  })
})

async function fail(where: Record<string, unknown>): Promise<void> {
  const what = {
    datetime: '2024-01-01T00:00:00.000Z',
    code: 'test',
    message: 'test',
    path: null,
    key: null,
    payload: '',
  }
  const event = { eventId: `failed-${JSON.stringify(where)}`, ...what, domain: 'shop', sourceEventId: null, ...where }
  await world.append('failed-events', event.eventId, [event])
}
