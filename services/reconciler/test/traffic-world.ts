import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type FailedEvent,
  martMappings,
  martTable,
  martTables,
  type TopicName,
  topicContract,
  topicNames,
} from '@millrace/contracts'
import { type Assignment, createEmbeddedEventLog, type LogRecord } from '@millrace/event-log'
import {
  createDirectoryLake,
  createNdjsonFormat,
  createSegmentBudget,
  createSegmentWriter,
  hourOf,
  type SegmentWriter,
} from '@millrace/lake'
import { createEmbeddedMart } from '@millrace/mart'
import { createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import { Comparer } from '../src/comparer.ts'
import { createReconcilerMetrics } from '../src/reconciler-metrics.ts'

const START_MS = Date.UTC(2025, 11, 31, 23)
const DEADLINE = { deadlineMs: 60_000 }
export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

type Group = 'curator' | 'lake-archiver' | 'mart-writer'

const rawEvent = (n: number, account: string) => ({ eventId: uuid(n), account, x: n, datetime: at(n) })
const at = (n: number): string => new Date(START_MS + n * 1000).toISOString()

const curatedEvent = (eventId: string, n: number, account: string) => ({
  eventId,
  datetime: at(n),
  method: '/move',
  ingametime: '0:1',
  ip: '192.168.0.1',
  x: n,
  y: -n,
  deathCount: 0,
  id: `record ${n}`,
  inputkey: 'q',
  account,
  champion: 'Vex',
  status: 0,
  roomID: 'room 1',
  createRoomDate: at(0),
  roomDay: '2025-12-31',
  'x+y': 0,
  buyItem: 0,
  displacement: null,
  elapsedMs: null,
  speed: null,
})

/** The platform as the reconciler sees it, each service moved on by hand: what it has done and what it has committed may differ. */
export async function openTrafficWorld() {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'traffic-'))
  const clock = new ManualClock(START_MS)
  const logger = createLogger('test', { level: 'silent' })
  const log = await createEmbeddedEventLog({ directory: path.join(directory, 'log'), clock, logger })
  await log.ensureTopics(topicNames.map(topicContract))
  const lake = createDirectoryLake({ directory: path.join(directory, 'lake') })
  const martFile = path.join(directory, 'mart.db')
  const mart = createEmbeddedMart({ file: martFile })
  await mart.ensureTables(Object.keys(martTables).map(martTable))
  const workDirectory = path.join(directory, 'work')
  await mkdir(workDirectory)
  const producer = await log.producer({ clientId: 'test' })
  const core = createServiceMetrics('reconciler', { processMetrics: false })
  /** The player of each event that was sent. */
  const sent: number[] = []
  let writers = 0
  /** How many of its next records the curator loses, and the archiver stores wrongly. */
  let losses = 0
  let garbled = 0

  async function append(topic: TopicName, key: string, values: readonly (object | string)[]): Promise<void> {
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
        domain: 'lol',
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

  /** A member of a group that has every partition, and where each stands. */
  async function join(group: string, topics: readonly TopicName[]) {
    const consumer = await log.consumer({ group, topics, clientId: group })
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
      /** Begins again at what is committed, as after kill -9. */
      crash() {
        for (const part of parts) part.done = part.committed
      },
      close: () => consumer.close(),
    }
  }

  const archiveTopics = topicNames.filter(name => topicContract(name).sinks.lake)
  const groups = {
    curator: await join('curator', ['lol.raw']),
    'lake-archiver': await join('lake-archiver', archiveTopics),
    'mart-writer': await join('mart-writer', [...new Set(martMappings.map(({ topic }) => topic))]),
  }
  /** Where an event was first seen. */
  const seen = new Map<string, string>()
  const segments = new Map<string, SegmentWriter>()

  const services: Record<Group, (index: number, limit: number) => Promise<void>> = {
    async curator(index, limit) {
      const { part, records } = await groups.curator.next(index, limit)
      for (const record of records) {
        const raw = parse(record)
        if (raw === null) await fail(record, { service: 'curator', stage: 'process' })
        else if (losses > 0) losses--
        else {
          const { eventId, x, account } = raw as { eventId: string; x: number; account: string }
          const where = `${record.partition}/${record.offset}`
          const first = seen.get(eventId) ?? where
          seen.set(eventId, first)
          // What was published before a crash is published again; a retry of a sender is not.
          if (first === where) await append('lol.curated', account, [curatedEvent(eventId, x, account)])
        }
        part.done = record.offset + 1
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
          budget: createSegmentBudget(),
          clock,
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
        writer.add({ offset, eventTimeMs, hour: hourOf(eventTimeMs), line })
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
          for (const { topic, table, toRow } of martMappings)
            if (topic === record.topic) {
              const row = (toRow as (value: unknown) => Parameters<typeof mart.upsert>[1][number] | null)(event)
              if (row) await mart.upsert(martTable(table), [row])
            }
        part.done = record.offset + 1
      }
    },
  }

  const world = {
    clock,
    log,
    lake,
    mart,
    directory,
    workDirectory,
    core,
    groups,
    services,
    append,
    /** New events of one player. */
    async send(count: number, player: number): Promise<string[]> {
      const account = `player ${player}`
      const events = Array.from({ length: count }, () => rawEvent(sent.push(player), account))
      await append('lol.raw', account, events)
      return events.map(({ eventId }) => eventId)
    },
    /** A retry of a sender: an event that was sent before comes again. */
    async sendAgain(dice: number): Promise<void> {
      const index = dice % sent.length
      const account = `player ${sent[index]}`
      if (sent.length > 0) await append('lol.raw', account, [rawEvent(index + 1, account)])
    },
    sendPoison: (topic: TopicName, player: number) => append(topic, `player ${player}`, ['{"not json']),
    /** The curator loses its next records. */
    lose(count: number): void {
      losses += count
    },
    /** The archiver stores its next records wrongly. */
    garble(count: number): void {
      garbled += count
    },
    crash(group: Group): void {
      groups[group].crash()
    },
    /** Every service finishes and commits everything. */
    async settle(): Promise<void> {
      for (const group of ['curator', 'lake-archiver', 'mart-writer'] as const) {
        for (let index = 0; index < groups[group].parts.length; index++) await services[group](index, 1_000_000)
        await groups[group].commit(() => true)
      }
    },
    /** A further group has read a topic to its end. */
    async commitAs(name: string, topic: TopicName): Promise<void> {
      const member = await join(name, [topic])
      for (let index = 0; index < member.parts.length; index++) {
        const { part, records } = await member.next(index, 1_000_000)
        part.done = records.length
      }
      await member.commit(() => true)
      await member.close()
    },
    /** Runs SQL on the file of the mart, behind its back. */
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
