import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type LakeManifest, type MartTableName, martTables, topicContract, topicNames } from '@millrace/contracts'
import { createEmbeddedEventLog, type EventLog } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import { createLogger, ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LakeReader, type ReconcileReport, reconcile } from '../src/index.ts'

type Row = { offset: number; event: Record<string, unknown> }
type Segment = { manifest: LakeManifest; rows: Row[] }

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

let directory: string
let log: EventLog
let segments: Segment[]
let tables: Record<MartTableName, string[]>

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'reconcile-'))
  const clock = new ManualClock()
  log = await createEmbeddedEventLog({
    directory: path.join(directory, 'log'),
    clock,
    logger: createLogger('test', { level: 'silent' }),
  })
  await log.ensureTopics(topicNames.map(topicContract))
  segments = []
  tables = Object.fromEntries(Object.keys(martTables).map(name => [name, []])) as never
})
afterEach(async () => {
  await log.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Stores events of one player, all in one partition, and gives back partition and offsets. */
async function store(topic: string, events: readonly Record<string, unknown>[], key = 'p1') {
  const producer = await log.producer({ clientId: 'test' })
  const records = events.map(event => ({
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(event)),
    timestampMs: 0,
  }))
  const results = await producer.append(topic, records, { deadlineMs: 60_000 })
  await producer.close()
  return results.map(result => {
    if (!result.ok) throw result.error
    return result
  })
}

/** Archives rows as one manifest. */
function archive(
  topic: string,
  partition: number,
  rows: Row[],
  first = rows[0]!.offset,
  last = rows.at(-1)!.offset,
): Segment {
  const segment: Segment = {
    rows,
    manifest: {
      version: 1,
      topic,
      partition,
      firstOffset: first,
      lastOffset: last,
      kind: 'data',
      rows: rows.length,
      files: [],
      eventTimeFrom: null,
      eventTimeTo: null,
      writerId: 'w',
      createdAt: '2024-01-01T00:00:00.000Z',
    },
  }
  segments.push(segment)
  return segment
}

function ledger(topic: string, ids: readonly string[]): void {
  mkdirSync(path.join(directory, 'ledger', topic), { recursive: true })
  writeFileSync(path.join(directory, 'ledger', topic, 'writer.ids'), ids.map(id => `${id}\n`).join(''))
}

function run(): Promise<ReconcileReport> {
  const lake: LakeReader = {
    async *manifests(topic, partition) {
      yield* segments
        .map(({ manifest }) => manifest)
        .filter(manifest => manifest.topic === topic && manifest.partition === partition)
    },
    async *rows(manifest) {
      yield segments.find(segment => segment.manifest === manifest)!.rows
    },
  }
  const mart = {
    async *scan(table: { name: MartTableName }) {
      yield tables[table.name].map(id => ({ event_id: id }))
    },
  } as unknown as Mart
  return reconcile({
    log,
    lake,
    mart,
    ledger: path.join(directory, 'ledger'),
    workDirectory: path.join(directory, 'work'),
  })
}

/** Three events that went all the way: acknowledged, stored, archived, in the mart. */
async function allTheWay() {
  const events = [1, 2, 3].map(n => ({ eventId: uuid(n), account: 'p1', x: n }))
  const results = await store('lol.raw', events)
  const rows = results.map(({ offset }, index) => ({ offset, event: events[index]! }))
  const segment = archive('lol.raw', results[0]!.partition, rows)
  ledger(
    'lol.raw',
    events.map(event => event.eventId),
  )
  tables.lol_analysis = events.map(event => event.eventId)
  return { events, partition: results[0]!.partition, segment }
}

describe('reconciliation', () => {
  it('finds nothing wrong where everything arrived', async () => {
    await allTheWay()
    const report = await run()
    expect(report.topics['lol.raw']).toEqual({
      accepted: 3,
      log: 3,
      lake: 3,
      mart: 3,
      failed: 0,
      missing: 0,
      duplicate: 0,
      unexpected: 0,
      repeats: 0,
      gaps: 0,
    })
    expect(report).toMatchObject({ ok: true, examples: [] })
  })

  it('names an acknowledged event that is not in the log', async () => {
    await allTheWay()
    ledger('lol.raw', [1, 2, 3, 4].map(uuid))
    const report = await run()
    expect(report.topics['lol.raw']).toMatchObject({ accepted: 4, log: 3, missing: 1 })
    expect(report.examples).toEqual([`lol.raw: ${uuid(4)} was acknowledged and is not in the log`])
    expect(report.ok).toBe(false)
  })

  it('names an offset that the lake lacks', async () => {
    const { segment } = await allTheWay()
    segment.rows.splice(1, 1)
    Object.assign(segment.manifest, { rows: 2 })
    const report = await run()
    expect(report.topics['lol.raw']).toMatchObject({ lake: 2, missing: 1 })
    expect(report.examples[0]).toContain('offset 1 of partition')
    expect(report.examples[0]).toContain('is not in the lake')
  })

  it('names offsets that no manifest covers', async () => {
    const { segment } = await allTheWay()
    segment.rows.pop()
    Object.assign(segment.manifest, { rows: 2, lastOffset: 1 })
    const report = await run()
    expect(report.topics['lol.raw']?.missing).toBe(1)
    expect(report.examples[0]).toContain('offset 2 of partition')
    expect(report.examples[0]).toContain('is not archived')
  })

  it('names a record whose content differs, though its id is right', async () => {
    const { segment, events } = await allTheWay()
    segment.rows[2] = { offset: 2, event: { ...events[2]!, x: 99 } }
    const report = await run()
    expect(report.topics['lol.raw']).toMatchObject({ lake: 3, missing: 1 })
    expect(report.examples[0]).toContain('differs between log and lake')
  })

  it('counts an offset that is in the lake twice, and a range that is archived twice', async () => {
    const { segment, partition, events } = await allTheWay()
    segment.rows.push(segment.rows[0]!)
    Object.assign(segment.manifest, { rows: 3 })
    archive('lol.raw', partition, [{ offset: 2, event: events[2]! }])
    const report = await run()
    expect(report.topics['lol.raw']?.duplicate).toBe(2)
    expect(report.ok).toBe(false)
  })

  it('finds a row under an offset that the log does not have', async () => {
    const { segment } = await allTheWay()
    segment.rows.push({ offset: 7, event: { eventId: uuid(7) } })
    Object.assign(segment.manifest, { rows: 4 })
    expect((await run()).topics['lol.raw']).toMatchObject({ unexpected: 1 })
  })

  it('names an event that is in no mart table, unless it is among the failed events', async () => {
    const { partition } = await allTheWay()
    tables.lol_analysis = [uuid(1), uuid(2)]
    const before = await run()
    expect(before.topics['lol.raw']).toMatchObject({ mart: 2, missing: 1 })
    expect(before.examples).toEqual([
      `lol.raw: ${uuid(3)} is neither in mart table lol_analysis nor among the failed events`,
    ])
    await store('failed-events', [
      failedEvent({ stage: 'sink', sink: 'mart', topic: 'lol.raw', partition, offset: 2, sourceEventId: uuid(3) }),
    ])
    expect((await run()).topics['lol.raw']).toMatchObject({ mart: 2, failed: 1, missing: 0 })
  })

  it('takes an event for failed when its curated form failed before the mart, but not when its score did', async () => {
    const { events } = await allTheWay()
    tables.lol_analysis = [uuid(1), uuid(2)]
    const [curated] = await store('lol.curated', [events[2]!])
    archive('lol.curated', curated!.partition, [{ offset: curated!.offset, event: events[2]! }])
    const atMart = { stage: 'sink', sink: 'mart', partition: curated!.partition }
    await store('failed-events', [
      failedEvent({ ...atMart, topic: 'lol.scores', offset: 8, sourceEventId: `${uuid(3)}:score` }),
    ])
    expect((await run()).topics['lol.raw']).toMatchObject({ failed: 0, missing: 1 })
    await store('failed-events', [
      failedEvent({ ...atMart, topic: 'lol.curated', offset: curated!.offset, sourceEventId: uuid(3) }),
    ])
    expect(await run()).toMatchObject({
      ok: true,
      examples: [],
      topics: { 'lol.raw': { failed: 1, missing: 0 }, 'lol.curated': { failed: 1, missing: 0 } },
    })
  })

  it('counts an event that is in a mart table twice', async () => {
    await allTheWay()
    tables.lol_analysis.push(uuid(1))
    expect((await run()).topics['lol.raw']).toMatchObject({ mart: 3, duplicate: 1 })
  })

  it('counts a retry of a sender apart', async () => {
    const { events, partition } = await allTheWay()
    const [again] = await store('lol.raw', [events[0]!])
    archive('lol.raw', partition, [{ offset: again!.offset, event: events[0]! }])
    const report = await run()
    expect(report.topics['lol.raw']).toMatchObject({ log: 3, lake: 3, repeats: 1, missing: 0, duplicate: 0 })
    expect(report.ok).toBe(true)
  })

  it('counts refusals of the gateway apart', async () => {
    await allTheWay()
    await store('failed-events', [
      failedEvent({
        stage: 'ingest',
        sink: 'log',
        topic: 'lol.raw',
        partition: null,
        offset: null,
        sourceEventId: null,
      }),
    ])
    expect(await run()).toMatchObject({ refused: 1, ok: true })
  })

  it('takes an unreadable record for failed only where it was reported', async () => {
    const producer = await log.producer({ clientId: 'test' })
    const [result] = await producer.append(
      'lol.raw',
      [{ key: Buffer.from('p1'), value: Buffer.from('not json'), timestampMs: 0 }],
      { deadlineMs: 60_000 },
    )
    await producer.close()
    if (!result?.ok) throw new Error('the record was not stored')
    archive('lol.raw', result.partition, [], 0, 0)
    expect((await run()).ok).toBe(false)
    const where = { topic: 'lol.raw', partition: result.partition, offset: 0, sourceEventId: null }
    await store('failed-events', [failedEvent({ ...where, stage: 'sink', sink: 'lake' })])
    expect(await run()).toMatchObject({ ok: true, topics: { 'lol.raw': { failed: 1, missing: 0 } } })
  })

  it('reports a gap that retention made, and refuses one over records that the log still has', async () => {
    const { segment } = await allTheWay()
    segment.rows.splice(0)
    Object.assign(segment.manifest, { kind: 'gap', rows: 0 })
    const report = await run()
    expect(report.topics['lol.raw']).toMatchObject({ gaps: 3, missing: 3 })
  })

  it('has one digest for the same payloads in any order and with repetitions, and another for others', async () => {
    const { segment, partition, events } = await allTheWay()
    const { digest } = await run()
    segment.rows.reverse()
    archive('lol.raw', partition, [{ offset: 3, event: events[1]! }])
    expect((await run()).digest).toBe(digest)
    segment.rows[0] = { offset: 2, event: { ...events[2]!, x: 99 } }
    expect((await run()).digest).not.toBe(digest)
  })
})

function failedEvent(where: Record<string, unknown>): Record<string, unknown> {
  return {
    eventId: `failed-${JSON.stringify(where)}`,
    datetime: '2024-01-01T00:00:00.000Z',
    service: 'test',
    code: 'test',
    message: 'test',
    path: null,
    domain: 'lol',
    key: null,
    payload: '',
    ...where,
  }
}
