import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Catalog, type FailedEvent, groupOf, periodStart } from '@millrace/contracts'
import { type Assignment, createEmbeddedEventLog, type LogRecord } from '@millrace/event-log'
import {
  createDirectoryLake,
  createNdjsonFormat,
  createSegmentBudget,
  createSegmentWriter,
  QUARANTINE,
  type SegmentWriter,
} from '@millrace/lake'
import { createEmbeddedMart, type MartRetention } from '@millrace/mart'
import { createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import { Comparer } from '../src/comparer.ts'
import { createReconcilerMetrics } from '../src/reconciler-metrics.ts'
import { shop } from './shop.ts'

const START_MS = Date.UTC(2025, 11, 31, 23)
const DEADLINE = { deadlineMs: 60_000 }
export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export const services = ['curator', 'aggregator', 'lake-archiver', 'mart-writer'] as const
export type Service = (typeof services)[number]

const at = (n: number): string => new Date(START_MS + n * 1000).toISOString()
const rawEvent = (n: number, account: string) => ({ eventId: uuid(n), account, x: n, datetime: at(n) })

/** The platform as the reconciler sees it. A test runs each service step by step: what it has done and what it has committed may differ. */
export async function openTrafficWorld(catalog: Catalog = shop, retention: MartRetention = new Map()) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'traffic-'))
  const clock = new ManualClock(START_MS)
  const logger = createLogger('test', { level: 'silent' })
  const log = await createEmbeddedEventLog({ directory: path.join(directory, 'log'), clock, logger })
  await log.ensureTopics(catalog.topics)
  const lake = createDirectoryLake({ directory: path.join(directory, 'lake') })
  const martFile = path.join(directory, 'mart.db')
  const mart = createEmbeddedMart({ file: martFile, retention, clock })
  await mart.ensureTables(catalog.tables)
  const workDirectory = path.join(directory, 'work')
  await mkdir(workDirectory)
  const producer = await log.producer({ clientId: 'test' })
  const core = createServiceMetrics('reconciler', { processMetrics: false })
  /** The player of each event that was sent. */
  const sent: number[] = []
  let writers = 0
  /** Number of their next records that the curator and the aggregator lose, and that the archiver stores with other content. */
  const losses = { curator: 0, aggregator: 0 }
  let garbled = 0
  /** The archiver puts events from this number on into quarantine. */
  let quarantineFrom = Number.POSITIVE_INFINITY

  async function append(topic: string, key: string, values: readonly (object | string)[]): Promise<void> {
    const records = values.map(value => ({
      key: Buffer.from(key),
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      timestampMs: clock.now(),
    }))
    for (const result of await producer.append(topic, records, DEADLINE)) if (!result.ok) throw result.error
  }

  const fail = ({ topic, partition, offset, value }: LogRecord, by: Partial<FailedEvent>): Promise<void> =>
    append('failed-events', `${topic}:${partition}:${offset}`, [
      {
        eventId: `${topic}:${partition}:${offset}:${by.sink ?? by.service}`,
        datetime: at(0),
        service: 'test',
        stage: 'sink',
        sink: null,
        code: 'test',
        message: 'test',
        path: null,
        domain: 'shop',
        topic,
        partition,
        offset,
        sourceEventId: null,
        key: null,
        payload: value.toString('base64'),
        ...by,
      },
    ])

  const parse = (record: LogRecord): Record<string, unknown> | null => {
    try {
      return JSON.parse(record.value.toString())
    } catch {
      return null
    }
  }

  /** A member of a group that has every partition, with the progress of each. */
  async function join(service: string, topics: readonly string[], topology?: string) {
    const group = groupOf(service, 'shop', topology)
    const consumer = await log.consumer({ group, topics, clientId: service })
    const assignments: Assignment[] = []
    for (let event = await consumer.poll(0); event; event = await consumer.poll(0))
      if (event.type === 'assigned') assignments.push(...event.assignments)
    const parts = assignments.map(assignment => ({ assignment, done: 0, committed: 0 }))
    return {
      parts,
      /** The next records of some partition, at most `limit`. */
      async next(index: number, limit: number) {
        const part = parts[index % parts.length]!
        const { topic, partition } = part.assignment
        const end = (await log.range(topic)).find(range => range.partition === partition)!.end
        const records: LogRecord[] = []
        for await (const batch of log.read(topic, partition, part.done, Math.min(end, part.done + limit)))
          records.push(...batch)
        return { part, records }
      },
      async commit(which: (index: number) => boolean) {
        const chosen = parts.filter((part, index) => which(index) && part.done > part.committed)
        for (const part of chosen) part.committed = part.done
        await consumer.commit(
          chosen.map(({ assignment: { topic, partition, epoch }, committed }) => ({
            topic,
            partition,
            epoch,
            offset: committed,
            metadata: '',
          })),
        )
      },
      /** Begins again at the committed offsets, as after kill -9. */
      crash() {
        for (const part of parts) part.done = part.committed
      },
      close: () => consumer.close(),
    }
  }

  const groups = {
    curator: await join('curator', ['shop.raw']),
    aggregator: await join('aggregator', ['shop.raw'], 'totals'),
    'lake-archiver': await join(
      'lake-archiver',
      catalog.topics.filter(({ lake }) => lake).map(({ name }) => name),
    ),
    'mart-writer': await join('mart-writer', [...new Set(catalog.mappings.map(({ topic }) => topic.name))]),
  }
  /** The events of each hour and each day, and those that came late. */
  const totals = new Map<string, Set<string>>()
  const late = new Set<string>()
  let areWindowsClosed = false
  /** Position of the first record of each event. */
  const seen = new Map<string, string>()
  const segments = new Map<string, SegmentWriter>()

  const work: Record<Service, (index: number, limit: number) => Promise<void>> = {
    async curator(index, limit) {
      const { part, records } = await groups.curator.next(index, limit)
      for (const record of records) {
        const raw = parse(record)
        if (raw === null) await fail(record, { service: 'curator', stage: 'process' })
        else if (losses.curator > 0) losses.curator--
        else {
          const { eventId, x, account } = raw as ReturnType<typeof rawEvent>
          const where = `${record.partition}/${record.offset}`
          const first = seen.get(eventId) ?? where
          seen.set(eventId, first)
          // A record that was published before a crash is published again; a retry of a sender is not.
          if (first === where) await append('shop.curated', account, [{ ...raw, twice: x * 2 }])
        }
        part.done = record.offset + 1
      }
    },
    async aggregator(index, limit) {
      const { part, records } = await groups.aggregator.next(index, limit)
      const changed = new Set<string>()
      for (const record of records) {
        const raw = parse(record) as ReturnType<typeof rawEvent> | null
        if (raw === null) await fail(record, { service: 'aggregator', stage: 'process' })
        else if (losses.aggregator > 0) losses.aggregator--
        else if (areWindowsClosed || raw.x % 7 === 6) {
          if (!late.has(raw.eventId))
            await append('shop.late', raw.account, [{ ...raw, eventId: `${raw.eventId}:late` }])
          late.add(raw.eventId)
        } else
          for (const key of [
            `hour ${raw.datetime.slice(0, 13)}:00:00.000Z`,
            `day ${raw.datetime.slice(0, 10)}T00:00:00.000Z`,
          ]) {
            totals.set(key, (totals.get(key) ?? new Set()).add(raw.eventId))
            changed.add(key)
          }
        part.done = record.offset + 1
      }
      for (const key of changed) {
        const [period, begin] = key.split(' ') as [string, string]
        await append('shop.totals', begin, [{ period, begin, orders: totals.get(key)!.size }])
      }
    },
    async 'lake-archiver'(index, limit) {
      const { part, records } = await groups['lake-archiver'].next(index, limit)
      if (records.length === 0) return
      const { topic, partition } = part.assignment
      const key = `${topic}/${partition}`
      const writer =
        segments.get(key) ??
        createSegmentWriter({
          lake,
          format: createNdjsonFormat(),
          topic,
          partition,
          writerId: `w${++writers}`,
          directory: path.join(directory, 'spool', key),
          clock,
          budget: createSegmentBudget(),
        })
      if (!segments.has(key)) await writer.open(null)
      segments.set(key, writer)
      for (const record of records) {
        if (record.offset < writer.next) continue
        const event = parse(record)
        if (event === null) {
          await fail(record, { service: 'lake-archiver', sink: 'lake' })
          writer.skip(record.offset)
          continue
        }
        const { offset, timestampMs } = record
        if (garbled > 0) {
          garbled--
          event.x = 'garbled'
        }
        const eventTimeMs = Date.parse(String(event.datetime))
        const bytes = Buffer.from(JSON.stringify(event))
        const line = createNdjsonFormat().encode({ offset, timestampMs, value: bytes, event })
        const isPlausible = !(Number(event.x) >= quarantineFrom)
        writer.add({
          offset,
          eventTimeMs,
          period: isPlausible ? periodStart('ndjson.zst', eventTimeMs) : QUARANTINE,
          line,
        })
      }
      await writer.commit()
      part.done = writer.committed
    },
    async 'mart-writer'(index, limit) {
      const { part, records } = await groups['mart-writer'].next(index, limit)
      for (const record of records) {
        const event = parse(record)
        if (event === null) await fail(record, { service: 'mart-writer', sink: 'mart' })
        else
          for (const { table, toRow } of catalog.mappingsOf(record.topic)) {
            const row = toRow(event)
            if (row) await mart.upsert(table, [row])
          }
        part.done = record.offset + 1
      }
    },
  }

  const world = {
    catalog,
    clock,
    log,
    lake,
    mart,
    directory,
    workDirectory,
    core,
    groups,
    work,
    append,
    /** New events of one player. */
    async send(count: number, player: number): Promise<string[]> {
      const account = `player ${player}`
      const events = Array.from({ length: count }, () => rawEvent(sent.push(player), account))
      await append('shop.raw', account, events)
      return events.map(({ eventId }) => eventId)
    },
    /** New events of one player that happen now, by the clock. */
    async sendNow(count: number, player: number): Promise<void> {
      const account = `player ${player}`
      const events = Array.from({ length: count }, () => ({
        ...rawEvent(sent.push(player), account),
        datetime: new Date(clock.now()).toISOString(),
      }))
      await append('shop.raw', account, events)
    },
    /** A retry of a sender: an event that was sent before comes again. */
    async sendAgain(dice: number): Promise<void> {
      const index = dice % sent.length
      const account = `player ${sent[index]}`
      if (sent.length > 0) await append('shop.raw', account, [rawEvent(index + 1, account)])
    },
    sendPoison: (topic: string, player: number) => append(topic, `player ${player}`, ['{"not json']),
    /** A service loses its next records. */
    lose(service: keyof typeof losses, count: number): void {
      losses[service] += count
    },
    /** The aggregator takes every further event for late. */
    closeWindows(): void {
      areWindowsClosed = true
    },
    /** The archiver puts what is sent from now on into quarantine. */
    quarantineFromNow(): void {
      quarantineFrom = sent.length + 1
    },
    /** The archiver stores its next records with other content. */
    garble(count: number): void {
      garbled += count
    },
    crash(group: Service): void {
      groups[group].crash()
    },
    /** Every service finishes and commits everything. */
    async settle(): Promise<void> {
      for (const group of services) {
        for (let index = 0; index < groups[group].parts.length; index++) await work[group](index, 1_000_000)
        await groups[group].commit(() => true)
      }
    },
    /** A further group has read a topic to its end. */
    async commitAs(name: string, topic: string): Promise<void> {
      const member = await join(name, [topic])
      for (let index = 0; index < member.parts.length; index++) {
        const { part, records } = await member.next(index, 1_000_000)
        part.done = records.length
      }
      await member.commit(() => true)
      await member.close()
    },
    /** Runs SQL on the file of the mart, as another program would. */
    sql(statement: string, ...params: string[]): number {
      const database = new DatabaseSync(martFile)
      try {
        return Number(database.prepare(statement).run(...params).changes)
      } finally {
        database.close()
      }
    },
    comparer(options: { auditRecords?: number } = {}): Comparer {
      const registry = createServiceMetrics('reconciler', { processMetrics: false })
      world.core = registry
      const metrics = createReconcilerMetrics(registry, clock)
      return new Comparer({
        catalog,
        log,
        lake,
        mart,
        clock,
        metrics,
        workDirectory,
        auditRecords: options.auditRecords ?? 1_000_000,
      })
    },
    async close(): Promise<void> {
      for (const group of Object.values(groups)) await group.close()
      await producer.close()
      await log.close()
      await mart.close()
      rmSync(directory, { recursive: true, force: true })
    },
    [Symbol.asyncDispose]: () => world.close(),
  }
  return world
}

export type TrafficWorld = Awaited<ReturnType<typeof openTrafficWorld>>
