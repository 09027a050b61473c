import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lol } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'
import { createDirectoryLake, createSegmentBudget, type SegmentBudgetOptions } from '@millrace/lake'
import { createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import type { PartitionProcessor } from '@millrace/stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ArchiverOptions, createLakeArchiverTopology } from '../src/index.ts'
import { expected, readBack } from './archive-world.ts'
import { eventAt, recordAt, START_MS, TOPIC } from './logged-records.ts'

const HOUR_MS = 3_600_000
const CONCURRENCY = 8
const BATCH_RECORDS = 40
/** Of a batch in line buffers: lines, and the unused rest of their buffers. */
const BATCH_BYTES = 48 << 10

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archiver-budget-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Archivers of many partitions over one budget. */
function archivers(limits: SegmentBudgetOptions, options: ArchiverOptions = {}) {
  const clock = new ManualClock(START_MS)
  const budget = createSegmentBudget(limits)
  const metrics = createServiceMetrics('lake-archiver', { processMetrics: false })
  const lake = createDirectoryLake({ directory: join(directory, 'lake') })
  const topology = createLakeArchiverTopology({
    domain: lol,
    format: 'ndjson.zst',
    ...options,
    lake,
    budget,
    clock,
    metrics,
    logger: createLogger('test', { level: 'silent' }),
    spoolDirectory: join(directory, 'spool'),
  })
  return {
    clock,
    budget,
    async open(partition: number): Promise<PartitionProcessor> {
      const processor = topology.createProcessor(lol.topics.raw, partition)
      await processor.open({ topic: TOPIC, partition, epoch: 1, committed: null, earliest: 0, end: 1_000_000 })
      return processor
    },
    stored: (partition: number) => readBack(lake, directory, TOPIC, partition),
    /** Segments in the lake by what closed them. */
    async closedBy(): Promise<Record<string, number>> {
      const { values } = await metrics.registry.getSingleMetric('millrace_lake_archiver_segments_total')!.get()
      return Object.fromEntries(values.map(({ labels, value }) => [String(labels.closed_by), value]))
    },
  }
}

/** Records in two hours in turn. */
const batchOf = (partition: number, from: number, count = BATCH_RECORDS): LogRecord[] =>
  Array.from({ length: count }, (_, index) => {
    const offset = from + index
    return { ...recordAt(offset, eventAt(offset, START_MS - (offset % 2) * HOUR_MS)), partition }
  })

/** As a runner does: a few partitions at a time, and one call of a partition at a time. */
async function forEach(partitions: number, work: (partition: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < partitions) await work(next++)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

describe('budget of many partitions', () => {
  it.each([
    [126, 'ndjson.zst'],
    [126, 'parquet'],
    [500, 'ndjson.zst'],
  ] as const)(
    'bounds the memory of %i partitions, each of which is archived exactly once (%s)',
    async (count, format) => {
      const maxMemoryBytes = 2 << 20
      const { open, budget, stored, closedBy } = archivers({ maxMemoryBytes }, { format })
      const processors = new Map<number, PartitionProcessor>()
      await forEach(count, async partition => processors.set(partition, await open(partition)))
      let mostBytes = 0
      for (let from = 0; from < 4 * BATCH_RECORDS; from += BATCH_RECORDS) {
        await forEach(count, async partition => {
          await processors.get(partition)!.process(batchOf(partition, from))
          mostBytes = Math.max(mostBytes, budget.memoryBytes)
        })
      }
      expect(budget.openSegments).toBe(count)
      expect(budget.spoolBytes).toBeGreaterThan(0)
      expect(mostBytes).toBeGreaterThan(maxMemoryBytes / 2)
      expect(mostBytes).toBeLessThanOrEqual(maxMemoryBytes + CONCURRENCY * BATCH_BYTES)
      await forEach(count, partition => Promise.resolve(processors.get(partition)!.close!('stopping')))
      expect(budget).toMatchObject({ memoryBytes: 0, spoolBytes: 0, openSegments: 0 })
      expect(await closedBy()).toEqual({ stop: count })
      await forEach(count, async partition => {
        const { rows, manifests } = await stored(partition)
        expect(rows).toEqual(expected(batchOf(partition, 0, 4 * BATCH_RECORDS)))
        expect(manifests).toHaveLength(1)
      })
    },
  )

  it('commits the largest segment early when the row indexes fill the memory, and loses nothing', async () => {
    const { open, budget, stored, closedBy } = archivers({ maxMemoryBytes: 16 << 10 })
    const [large, small] = await Promise.all([open(0), open(1)])
    await small!.process(batchOf(1, 0, 3))
    let mostBytes = 0
    for (let from = 0; from < 200 * BATCH_RECORDS; from += BATCH_RECORDS) {
      await large!.process(batchOf(0, from))
      mostBytes = Math.max(mostBytes, budget.memoryBytes)
    }
    expect(mostBytes).toBeLessThanOrEqual((16 << 10) + BATCH_BYTES)
    expect((await closedBy()).budget).toBeGreaterThan(1)
    expect((await stored(1)).manifests).toEqual([])
    for (const archiver of [large, small]) await archiver!.close!('stopping')
    expect((await stored(0)).rows).toEqual(expected(batchOf(0, 0, 200 * BATCH_RECORDS)))
    expect((await stored(1)).rows).toEqual(expected(batchOf(1, 0, 3)))
  })

  it('commits the largest segment early when the local files reach their limit', async () => {
    const maxSpoolBytes = 200_000
    const limits = { maxMemoryBytes: 64 << 10, maxSpoolBytes }
    const { open, budget, stored, closedBy } = archivers(limits, { format: 'parquet' })
    const [large, small] = await Promise.all([open(0), open(1)])
    let mostBytes = 0
    for (let batch = 0; batch < 60; batch++) {
      await large!.process(batchOf(0, batch * BATCH_RECORDS))
      await small!.process(batchOf(1, batch, 1))
      mostBytes = Math.max(mostBytes, budget.spoolBytes)
    }
    expect(mostBytes).toBeLessThanOrEqual(maxSpoolBytes + BATCH_BYTES)
    expect((await closedBy()).budget).toBeGreaterThan(1)
    expect((await stored(1)).manifests).toEqual([])
    for (const archiver of [large, small]) await archiver!.close!('stopping')
    expect((await stored(0)).rows).toEqual(expected(batchOf(0, 0, 60 * BATCH_RECORDS)))
    expect((await stored(1)).rows).toEqual(expected(batchOf(1, 0, 60)))
  })

  it('asks the segment that was opened first to commit when many are open, and bounds their number', async () => {
    const { open, budget, stored, closedBy } = archivers({ maxOpenSegments: 16 })
    const processors = await Promise.all(Array.from({ length: 30 }, (_, partition) => open(partition)))
    for (const [partition, processor] of processors.entries()) {
      await processor.process(batchOf(partition, 0, 1))
      expect(budget.openSegments).toBeLessThanOrEqual(16)
      if (partition === 14) {
        // Fourteen of sixteen is where early commits start, by the first tick of the partition.
        const result = await processors[0]!.tick!(START_MS)
        expect(result).toMatchObject({ done: 1, metadata: 'manifest=0' })
        expect((await processors[1]!.tick!(START_MS))?.done).toBeNull()
      }
    }
    for (const processor of processors) await processor.close!('stopping')
    expect(await closedBy()).toEqual({ budget: expect.any(Number), stop: expect.any(Number) })
    for (const partition of processors.keys())
      expect((await stored(partition)).rows).toEqual(expected(batchOf(partition, 0, 1)))
  })

  it('stores a record of a quiet partition in time while others use the whole budget', async () => {
    const limits = { maxMemoryBytes: 64 << 10, maxSpoolBytes: 100_000, maxOpenSegments: 100 }
    const { open, clock, stored } = archivers(limits, { maxAgeMs: 60_000 })
    const quiet = await open(0)
    await quiet.process(batchOf(0, 0, 1))
    const busy = await Promise.all([1, 2, 3, 4].map(open))
    let done: number | null = null
    for (let from = 0; done === null && from < 70 * BATCH_RECORDS; from += BATCH_RECORDS) {
      await clock.advance(1_000)
      await Promise.all([
        ...busy.map((processor, index) => processor.process(batchOf(index + 1, from))),
        Promise.resolve(quiet.tick!(clock.now())).then(result => {
          done = result?.done ?? null
        }),
      ])
    }
    expect(done).toBe(1)
    expect(clock.now() - START_MS).toBe(60_000)
    expect((await stored(0)).rows).toEqual(expected(batchOf(0, 0, 1)))
  })

  it('counts quarantined rows in the manifest', async () => {
    const { open, stored } = archivers({})
    const archiver = await open(0)
    const implausible = { ...recordAt(1, eventAt(1, Date.UTC(2190, 0, 1))), partition: 0 }
    await archiver.process([
      batchOf(0, 0, 1)[0]!,
      implausible,
      { ...recordAt(2, { eventId: 'no time' }), partition: 0 },
    ])
    await archiver.close!('stopping')
    expect((await stored(0)).manifests).toMatchObject([{ rows: 3, quarantined: 2 }])
  })
})

describe('budget and a partition whose disk fails', () => {
  it('gives the error to the partition that cannot write, and lets the others go on', async () => {
    const { open, budget, stored } = archivers({ maxMemoryBytes: 96 << 10 })
    const [broken, healthy] = await Promise.all([open(0), open(1)])
    await mkdir(join(directory, 'spool', TOPIC), { recursive: true })
    // A file where the folder of the partition has to be.
    await writeFile(join(directory, 'spool', TOPIC, '0'), '')
    await broken!.process(batchOf(0, 0, 300))
    for (let from = 0; from < 20 * BATCH_RECORDS; from += BATCH_RECORDS) {
      await healthy!.process(batchOf(1, from))
      expect(budget.memoryBytes).toBeLessThanOrEqual((96 << 10) + BATCH_BYTES)
    }
    await expect(Promise.resolve(broken!.tick!(START_MS))).rejects.toThrow(/EEXIST|ENOTDIR|exist|not a directory/i)
    await rm(join(directory, 'spool', TOPIC, '0'))
    for (const archiver of [broken, healthy]) await archiver!.close!('stopping')
    expect((await stored(0)).rows).toEqual(expected(batchOf(0, 0, 300)))
    expect((await stored(1)).rows).toEqual(expected(batchOf(1, 0, 20 * BATCH_RECORDS)))
  })
})
