import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, createServiceMetrics, ManualClock, systemClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createRun,
  type EventSink,
  FaultyActor,
  mergeActors,
  noFaults,
  type Progress,
  type RecordStream,
  type RunOptions,
  type SimulatedRecord,
  simulationError,
  type WriteResult,
} from '../src/index.ts'
import { createMemorySink } from './memory-sink.ts'
import { createTicker, drain, START_MS } from './ticker.ts'

const RATES = { ...noFaults, dup: 0.05, late: 0.05, malformed: 0.05, burst: 0.01 }
const END_MS = START_MS + 200_000

function createStream(): RecordStream {
  const options = { rates: RATES, labels: ['run'], topics: ['lol.raw'] as const, removableFields: ['x'] }
  return mergeActors(Array.from({ length: 10 }, (_, id) => new FaultyActor(createTicker(id, 100), options)))
}
const all = drain(createStream())
/** Without the copies that are sent again. */
const events = all.filter(({ fault }) => fault?.kind !== 'dup')
const values = (records: readonly SimulatedRecord[]): string[] => records.map(record => record.value)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-run-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function createTestRun(sink: EventSink, options: Partial<RunOptions> = {}) {
  return createRun({
    name: 'test',
    stream: createStream(),
    span: { startMs: START_MS, endMs: END_MS },
    speed: 'max',
    batchRecords: 64,
    sink,
    files: {
      ledger: { folder: join(folder, 'ledger'), writer: 'w' },
      manifestFile: join(folder, 'manifest.ndjson'),
      refusedFile: join(folder, 'refused.ndjson'),
      keep: false,
    },
    clock: systemClock,
    logger: createLogger('test', { level: 'silent' }),
    ...options,
  })
}

const lines = async (name: string): Promise<string[]> => {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text.split('\n').slice(0, -1)
}
const ledger = async (): Promise<string[]> => [
  ...(await lines('ledger/lol.raw/w.ids')),
  ...(await lines('ledger/lol.truth/w.ids')),
]
const findable = (records: readonly SimulatedRecord[]): string[] =>
  records.filter(record => record.fault?.kind !== 'malformed').map(record => record.eventId)

describe('a run', () => {
  it('sends the whole stream in order, keeps statistics and closes the sink', async () => {
    const sink = createMemorySink((record, number) =>
      number % 10 === 3 ? { kind: 'refused', code: `code_${number % 20}`, message: record.eventId } : null,
    )
    const metrics = createServiceMetrics('test', { processMetrics: false })
    const run = createTestRun(sink, { metrics })
    await run.start()
    const summary = await run.finished
    expect(values(sink.written)).toEqual(values(all))
    expect(sink.closed).toBe(true)
    const refused = all.filter((_, number) => number % 10 === 3)
    const acknowledged = all.filter((_, number) => number % 10 !== 3)
    const faults: Record<string, number> = {}
    for (const { fault } of all) if (fault) faults[fault.kind] = (faults[fault.kind] ?? 0) + 1
    expect(summary).toMatchObject({
      emitted: all.length,
      acknowledged: acknowledged.length,
      refused: refused.length,
      unanswered: 0,
      position: all.length,
      complete: true,
      faults,
    })
    expect(Object.keys(summary.refusedByCode).sort()).toEqual(['code_13', 'code_3'])
    expect(summary.refusedExamples[0]).toMatchObject({ eventId: refused[0]!.eventId, code: 'code_3' })
    expect(summary.byTopic['lol.truth']!.emitted).toBe(all.filter(record => record.topic === 'lol.truth').length)
    const hash = createHash('sha256')
    for (const value of values(all)) hash.update(`${value}\n`)
    expect(summary.emittedDigest).toBe(`sha256:${hash.digest('hex')}`)
    expect((await ledger()).sort()).toEqual(findable(acknowledged).sort())
    expect((await lines('refused.ndjson')).map(line => JSON.parse(line).eventId)).toEqual(
      refused.map(record => record.eventId),
    )
    const out = await metrics.recordsOut.get()
    expect(out.values.reduce((sum, { value }) => sum + value, 0)).toBe(acknowledged.length)
    expect((await metrics.inFlightBytes.get()).values[0]!.value).toBe(0)
  })

  it('lists every fault in the manifest, with the id, the time and the details', async () => {
    const run = createTestRun(createMemorySink())
    await run.start()
    await run.finished
    const listed = (await lines('manifest.ndjson')).map(line => JSON.parse(line))
    const faulty = all.filter(record => record.fault !== null)
    expect(faulty.length).toBeGreaterThan(100)
    expect(listed).toEqual(
      faulty.map(({ eventId, topic, key, atMs, fault }) => ({
        eventId,
        topic,
        key,
        sentAt: new Date(atMs).toISOString(),
        ...fault,
      })),
    )
  })

  it.each([
    [1, 100],
    [60, 10],
  ])('sends the same at speed %i, each record at its time', async (speed, stepMs) => {
    const clock = new ManualClock()
    const beganMs = clock.now()
    const late: number[] = []
    const sink = createMemorySink(record => {
      late.push((clock.now() - beganMs) * speed - (record.atMs - START_MS))
      return null
    })
    const run = createTestRun(sink, { clock, speed, files: { keep: false } })
    await run.start()
    let isOver = false
    void run.finished.then(() => {
      isOver = true
    })
    for (let step = 0; step < 20_000 && !isOver; step++) {
      for (let turns = 0; turns < 4; turns++) await new Promise(resolve => setImmediate(resolve))
      await clock.advance(stepMs)
    }
    const { emittedDigest } = await run.finished
    expect(values(sink.written)).toEqual(values(all))
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...late)).toBeLessThanOrEqual((25 + stepMs) * speed)
    const atOnce = createTestRun(createMemorySink())
    await atOnce.start()
    expect((await atOnce.finished).emittedDigest).toBe(emittedDigest)
  })

  it('goes on where an earlier run ended', async () => {
    const first = createMemorySink((_, number) =>
      number < 333 ? null : { kind: 'unanswered', error: simulationError('given_up') },
    )
    const broken = createTestRun(first)
    await broken.start()
    await expect(broken.finished).rejects.toThrow('Stopped before an answer came.')
    const second = createMemorySink()
    const resumed = createTestRun(second, {
      skip: 333,
      files: { keep: true, manifestFile: join(folder, 'manifest.ndjson') },
    })
    await resumed.start()
    const summary = await resumed.finished
    expect(values([...first.written.slice(0, 333), ...second.written])).toEqual(values(all))
    expect(summary.position).toBe(all.length)
    const listed = (await lines('manifest.ndjson')).map(line => JSON.parse(line).sentAt)
    expect(listed.length).toBe(all.filter(record => record.fault).length)
  })

  it('goes on at once where an earlier run ended, and does not wait for the time that is over', async () => {
    const sink = createMemorySink()
    const run = createTestRun(sink, { clock: new ManualClock(), speed: 1, skip: 333 })
    await run.start()
    await vi.waitFor(() => expect(values(sink.written)).toEqual(values(all.slice(333, 334))))
    await run.stop()
    await run.finished
  })

  it('passes over topics that the sink does not accept', async () => {
    const sink = { ...createMemorySink(), accepts: (topic: string) => topic === 'lol.raw' }
    const run = createTestRun(sink)
    await run.start()
    const summary = await run.finished
    expect(Object.keys(summary.byTopic)).toEqual(['lol.raw'])
    expect(sink.written.length).toBe(all.filter(record => record.topic === 'lol.raw').length)
  })

  it('when the sink fails in the middle, has exactly the acknowledged ids in the ledger and says why', async () => {
    const failed = simulationError('gateway_unavailable', { url: 'http://x', seconds: 9, reason: 'gone' })
    // Batches of 64 come back out of order, and of the failing one every other record was taken.
    const results = (number: number): WriteResult =>
      number < 200 || (number < 256 && number % 2 === 0) ? null : { kind: 'unanswered', error: failed }
    const sink = createMemorySink(async (_, number) => {
      for (let turns = 0; turns < (number < 64 ? 50 : 1); turns++) await new Promise(resolve => setImmediate(resolve))
      return results(number)
    })
    const run = createTestRun(sink)
    await run.start()
    await expect(run.finished).rejects.toThrow(/http:\/\/x took nothing for 9 s: gone/)
    expect(sink.closed).toBe(true)
    expect(sink.written.length).toBeLessThan(all.length)
    const acknowledged = sink.written.filter((_, number) => results(number) === null)
    expect((await ledger()).sort()).toEqual(findable(acknowledged).sort())
  })

  it('ends with an error when the ledger cannot be written any more', async () => {
    await writeFile(join(folder, 'lol.raw'), 'in the way')
    const run = createTestRun(createMemorySink(), { files: { ledger: { folder, writer: 'w' }, keep: false } })
    await run.start()
    await expect(run.finished).rejects.toThrow(/Cannot write .*lol\.raw.*: it is there already/)
  })

  it.each([
    ['manifest', { manifestFile: '/dev/null/m.ndjson' }],
    ['file of refused records', { refusedFile: '/dev/null/r.ndjson' }],
    ['ledger', { ledger: { folder: '/dev/null/ledger', writer: 'w' } }],
  ])('does not start when the %s cannot be written, and closes its sink', async (_, files) => {
    const sink = createMemorySink()
    const run = createTestRun(sink, { files: { ...files, keep: false } })
    await expect(run.start()).rejects.toThrow(/Cannot write \/dev\/null\//)
    await run.stop()
    expect(sink.written).toEqual([])
    expect(sink.closed).toBe(true)
  })

  it('on stop sends nothing more, waits for what was sent and resolves', async () => {
    const gate = Promise.withResolvers<void>()
    const third = Promise.withResolvers<void>()
    const sink = createMemorySink(async (_, number) => {
      if (number === 128) third.resolve()
      if (number >= 128) await gate.promise
      return null
    })
    const run = createTestRun(sink)
    await run.start()
    await third.promise
    const stopped = run.stop()
    await new Promise(resolve => setImmediate(resolve))
    expect(sink.closed).toBe(false)
    gate.resolve()
    await stopped
    const summary = await run.finished
    expect(summary.complete).toBe(false)
    expect(summary.unanswered).toBe(0)
    expect(summary.emitted).toBeLessThanOrEqual(64 * 4)
    expect(summary.position).toBe(summary.emitted)
    expect((await ledger()).sort()).toEqual(findable(all.slice(0, summary.emitted)).sort())
  })

  it('on stop leaves what is not answered in time out of the ledger, without an error', async () => {
    const clock = new ManualClock()
    const written = Promise.withResolvers<void>()
    const memory = createMemorySink()
    const sink: EventSink = {
      ...memory,
      async write(records, giveUp) {
        if (memory.written.length < 128) return memory.write(records, giveUp)
        written.resolve()
        await new Promise(resolve => giveUp.addEventListener('abort', resolve))
        return records.map((_, index) =>
          index < 5 ? null : { kind: 'unanswered', error: simulationError('given_up') },
        )
      },
    }
    const run = createTestRun(sink, { clock, stopTimeoutMs: 3000, batchRecords: 128 })
    await run.start()
    await written.promise
    const stopped = run.stop()
    await clock.advance(2999)
    expect(await lines('ledger/lol.raw/w.ids')).not.toContain(all[128]!.eventId)
    await clock.advance(1)
    await stopped
    const summary = await run.finished
    expect(summary.position).toBe(133)
    expect(summary.unanswered).toBe(summary.emitted - summary.acknowledged)
    expect(summary.unanswered).toBeGreaterThan(0)
    const byTopic = Object.values(summary.byTopic)
    expect(byTopic.reduce((sum, { unanswered }) => sum + unanswered, 0)).toBe(summary.unanswered)
    expect(
      byTopic.every(
        ({ emitted, acknowledged, refused, unanswered }) => emitted === acknowledged + refused + unanswered,
      ),
    ).toBe(true)
    const firsts = Array.from({ length: (summary.emitted - 128) / 128 }, (_, n) =>
      all.slice(128 * (n + 1), 128 * (n + 1) + 5),
    )
    expect((await ledger()).sort()).toEqual(findable([...all.slice(0, 128), ...firsts.flat()]).sort())
  })

  it('ends quietly when the reader of its output is gone', async () => {
    const sink = createMemorySink((_, number) =>
      number < 100 ? null : { kind: 'unanswered', error: simulationError('reader_gone') },
    )
    const run = createTestRun(sink)
    await run.start()
    const summary = await run.finished
    expect(summary.complete).toBe(false)
    expect(summary.acknowledged).toBe(100)
    expect(sink.written.length).toBeLessThan(all.length)
  })

  it('is not complete when only its last record found no reader', async () => {
    const sink = createMemorySink((_, number) =>
      number < all.length - 1 ? null : { kind: 'unanswered', error: simulationError('reader_gone') },
    )
    const run = createTestRun(sink)
    await run.start()
    const summary = await run.finished
    expect(sink.written).toHaveLength(all.length)
    expect(summary).toMatchObject({ complete: false, unanswered: 1, position: all.length - 1 })
  })

  it('tells progress at most four times a second, and how it ended', async () => {
    const clock = new ManualClock()
    const told: { atMs: number; progress: Progress }[] = []
    const run = createTestRun(createMemorySink(), {
      clock,
      speed: 60,
      // The clock of this test does not wait for a disk.
      files: { keep: false },
      onProgress: progress => told.push({ atMs: clock.now(), progress }),
    })
    await run.start()
    let isOver = false
    void run.finished.then(() => {
      isOver = true
    })
    for (let step = 0; step < 2000 && !isOver; step++) await clock.advance(50)
    await run.finished
    expect(told.length).toBeGreaterThan(5)
    told.slice(1, -1).forEach(({ atMs }, index) => {
      expect(atMs - told[index]!.atMs).toBeGreaterThanOrEqual(250)
    })
    expect(told.at(-1)!.progress).toMatchObject({ emitted: events.length, acknowledged: events.length, share: 1 })
  })

  it('counts an event once in its progress, however often it is sent, and every record in its summary', async () => {
    const isCopy = ({ fault }: SimulatedRecord): boolean => fault?.kind === 'dup'
    const copies = all.length - events.length
    expect(copies).toBeGreaterThan(5)
    const refused = { kind: 'refused', code: 'no', message: 'no' } as const
    const sink = createMemorySink(record => (record.fault?.kind === 'malformed' || isCopy(record) ? refused : null))
    const told: Progress[] = []
    const run = createTestRun(sink, { onProgress: progress => told.push(progress) })
    await run.start()
    const summary = await run.finished
    const malformed = events.filter(({ fault }) => fault?.kind === 'malformed').length
    expect(told.at(-1)).toMatchObject({
      emitted: events.length,
      acknowledged: events.length - malformed,
      refused: malformed,
    })
    expect(summary).toMatchObject({ emitted: all.length, refused: malformed + copies })
  })
})
