import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { defineTopic, instantField, keyField } from '@millrace/contracts'
import {
  type AppendResult,
  createEmbeddedEventLog,
  type LogProducer,
  logError,
  type OutgoingRecord,
} from '@millrace/event-log'
import { createLogger, ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createFileSink,
  createLogSink,
  createSink,
  createStreamSink,
  mergeActors,
  openLedger,
  type SimulatedRecord,
} from '../src/index.ts'
import { createTicker, drain } from './ticker.ts'

const topicOf = (name: string) =>
  defineTopic({
    name,
    schema: z.looseObject({}),
    keyOf: keyField('key'),
    eventTimeMs: instantField('datetime'),
    why: 'What the sinks write.',
  })

const never = new AbortController().signal
const sent = drain(mergeActors(Array.from({ length: 4 }, (_, id) => createTicker(id, 60))))
const raw = sent.filter(record => record.topic === 'lol.raw')
const truth = sent.filter(record => record.topic === 'lol.truth')
const text = (records: readonly SimulatedRecord[]): string => records.map(record => `${record.value}\n`).join('')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-sinks-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const logger = createLogger('test', { level: 'silent' })

describe('the file sink', () => {
  it('writes each topic to its file, the truth beside the events, in order over overlapping calls', async () => {
    const out = join(folder, 'deep', 'lol.ndjson')
    const sink = await createSink(
      { kind: 'file', out },
      {
        clock: new ManualClock(),
        logger,
        stdout: new PassThrough(),
        openProducer: () => Promise.reject(new Error('not asked for')),
        batchRecords: 10,
        topics: ['lol.raw', 'lol.truth'],
        keep: false,
      },
    )
    const results = await Promise.all([sink.write(sent.slice(0, 90), never), sink.write(sent.slice(90), never)])
    await sink.close()
    expect(results.flat()).toEqual(sent.map(() => null))
    expect(await readFile(out, 'utf8')).toBe(text(raw))
    expect(await readFile(join(folder, 'deep', 'lol.truth.ndjson'), 'utf8')).toBe(text(truth))
  })

  it('begins anew unless told to keep, and then cuts a torn last line', async () => {
    const path = join(folder, 'a.ndjson')
    const write = async (records: readonly SimulatedRecord[], keep: boolean): Promise<void> => {
      const sink = await createFileSink({ pathFor: { 'lol.raw': path }, keep })
      await sink.write(records, never)
      await sink.close()
    }
    await write(raw.slice(0, 5), false)
    await write(raw.slice(0, 50), false)
    await appendFile(path, raw[50]!.value.slice(0, 30))
    await write(raw.slice(50, 60), true)
    expect(await readFile(path, 'utf8')).toBe(text(raw.slice(0, 60)))
  })

  it('answers unanswered when the disk is full', async () => {
    const sink = await createFileSink({ pathFor: { 'lol.raw': '/dev/full' }, keep: false })
    const results = await sink.write(raw, never)
    await sink.close()
    for (const result of results) {
      if (result?.kind !== 'unanswered') throw new Error('was answered')
      expect(result.error.message).toMatch(/Cannot write \/dev\/full: no space is left \(ENOSPC\)/)
    }
  })
})

describe('the ledger', () => {
  it('goes on after a kill that cut off its last line', async () => {
    const file = join(folder, 'lol.raw', 'w.ids')
    const first = await openLedger(folder, 'w')
    await first.append('lol.raw', ['a', 'b'])
    await first.close()
    await appendFile(file, 'half-an-')
    const second = await openLedger(folder, 'w')
    await second.append('lol.raw', ['c'])
    expect(await readFile(file, 'utf8')).toBe('a\nb\nc\n')
    await second.close()
  })
})

describe('the stdout sink', () => {
  it('writes events only and waits for its reader', async () => {
    const stdout = new PassThrough({ highWaterMark: 100 })
    const sink = createStreamSink(stdout, { topics: ['lol.raw'] })
    expect(sink.accepts?.('lol.truth')).toBe(false)
    let isWritten = false
    const writing = sink.write(raw.slice(0, 20), never).then(() => {
      isWritten = true
    })
    const more = sink.write(raw.slice(20), never)
    const chunks: Buffer[] = []
    await new Promise(resolve => setImmediate(resolve))
    expect(isWritten).toBe(false)
    stdout.on('data', chunk => chunks.push(chunk))
    await Promise.all([writing, more])
    expect(Buffer.concat(chunks).toString()).toBe(text(raw))
  })

  it('says that the reader is gone', async () => {
    let count = 0
    const stdout = new Writable({
      write(_chunk, _encoding, callback) {
        callback(count++ === 0 ? null : Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const sink = createStreamSink(stdout, { topics: ['lol.raw'] })
    expect(await sink.write(raw.slice(0, 2), never)).toEqual([null, null])
    for (let attempt = 0; attempt < 2; attempt++) {
      const [result] = await sink.write(raw.slice(2, 4), never)
      if (result?.kind !== 'unanswered') throw new Error('was answered')
      expect(result.error.code).toBe('reader_gone')
    }
  })
})

/** A producer that answers as the test says and keeps what it stored. */
function createProducer(
  judge: (value: string, attempt: number) => AppendResult | null,
): LogProducer & { stored: string[] } {
  const stored: string[] = []
  const attempts = new Map<string, number>()
  return {
    stored,
    inFlightBytes: 0,
    partitionFor: () => 0,
    async append(topic: string, records: readonly OutgoingRecord[]) {
      return records.map(({ key, value }) => {
        const json = value.toString()
        const attempt = (attempts.get(json) ?? 0) + 1
        attempts.set(json, attempt)
        const answer = judge(json, attempt)
        if (answer) return answer
        stored.push(`${topic} ${key} ${json}`)
        return { ok: true, partition: 0, offset: stored.length } as const
      })
    },
    close: async () => {},
  }
}

describe('the log sink', () => {
  it('stores everything in a real log, each player in order', async () => {
    const clock = new ManualClock()
    const logger = createLogger('test', { level: 'silent' })
    const log = await createEmbeddedEventLog({ directory: folder, clock, logger })
    await log.ensureTopics(['lol.raw', 'lol.truth'].map(topicOf))
    const sink = createLogSink({ producer: await log.producer({ clientId: 'test' }), logger, clock })
    const results = await Promise.all([sink.write(sent.slice(0, 77), never), sink.write(sent.slice(77), never)])
    await sink.close()
    expect(results.flat()).toEqual(sent.map(() => null))
    for (const [topic, expected] of [
      ['lol.raw', raw],
      ['lol.truth', truth],
    ] as const) {
      const stored = new Map<string, string[]>()
      for (const { partition, earliest, end } of await log.range(topic))
        for await (const batch of log.read(topic, partition, earliest, end))
          for (const { key, value } of batch)
            stored.set(key.toString(), [...(stored.get(key.toString()) ?? []), value.toString()])
      for (const [key, own] of Map.groupBy(expected, record => record.key))
        expect(stored.get(key)).toEqual(own.map(record => record.value))
    }
    await log.close()
  })

  it('appends under the key and sends again what may pass', async () => {
    const clock = new ManualClock()
    const timeout = { ok: false, error: logError('append_timeout', { topic: 'lol.raw', partition: 0 }) } as const
    const producer = createProducer((value, attempt) => (value === raw[3]!.value && attempt < 3 ? timeout : null))
    const sink = createLogSink({ producer, logger, clock })
    const writing = sink.write(sent, never)
    await clock.advance(1000)
    expect(await writing).toEqual(sent.map(() => null))
    const line = (record: SimulatedRecord): string => `${record.topic} ${record.key} ${record.value}`
    expect(producer.stored.toSorted()).toEqual(sent.map(line).sort())
    expect(producer.stored.at(-1)).toBe(line(raw[3]!))
  })

  it('refuses what can never be stored, once', async () => {
    const tooLarge = {
      ok: false,
      error: logError('record_too_large', { bytes: 9, topic: 'lol.raw', limit: 8 }),
    } as const
    const producer = createProducer(value => (value === raw[1]!.value ? tooLarge : null))
    const sink = createLogSink({ producer, logger, clock: new ManualClock() })
    const results = await sink.write(raw.slice(0, 3), never)
    expect(results[1]).toMatchObject({ kind: 'refused', code: 'record_too_large' })
    expect([results[0], results[2]]).toEqual([null, null])
  })

  it('stops for good when the log is closed, and after the retry timeout', async () => {
    const closed = createLogSink({
      logger,
      producer: createProducer(() => ({ ok: false, error: logError('log_closed') })),
      clock: new ManualClock(),
    })
    const [result] = await closed.write(raw.slice(0, 3), never)
    expect(result).toMatchObject({ kind: 'unanswered', error: { code: 'log_closed' } })

    const clock = new ManualClock()
    const away = { ok: false, error: logError('log_unavailable', { where: 'x', reason: 'refused' }) } as const
    const producer = createProducer(() => away)
    const sink = createLogSink({ producer, logger, clock, retryTimeoutMs: 20_000 })
    const writing = sink.write(raw.slice(0, 3), never)
    await clock.advance(20_000)
    expect((await writing)[0]).toMatchObject({ kind: 'unanswered', error: { code: 'log_unavailable' } })
    expect(producer.stored).toEqual([])
  })
})
