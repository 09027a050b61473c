import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson, type LakeManifest, parseExact, type Topic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { createDirectoryLake, createSegmentBudget, type Lake, readDataFile, readManifests } from '@millrace/lake'
import { createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import type { ProcessResult } from '@millrace/stream'
import { expect } from 'vitest'
import { type ArchiverOptions, createLakeArchiverTopology } from '../src/index.ts'
import { PARTITION, START_MS, TOPIC } from './logged-records.ts'

export interface Stored {
  readonly manifests: readonly LakeManifest[]
  /** Canonical JSON by offset. */
  readonly rows: ReadonlyMap<number, string>
}

/** Everything the lake holds of the partition; fails on a gap or an overlap between ranges, or a row that is stored twice. */
export async function readBack(
  lake: Lake,
  directory: string,
  topic: string = TOPIC,
  partition = PARTITION,
): Promise<Stored> {
  const manifests: LakeManifest[] = []
  const rows = new Map<number, string>()
  let next = 0
  for await (const manifest of readManifests(lake, topic, partition)) {
    expect(manifest.firstOffset, 'ranges follow one another').toBe(next)
    next = manifest.lastOffset + 1
    manifests.push(manifest)
    for (const file of manifest.files) {
      for await (const batch of readDataFile(lake, file, { directory })) {
        for (const { offset, event } of batch) {
          expect(rows.has(offset), `offset ${offset} is stored once`).toBe(false)
          rows.set(offset, canonicalJson(lol.topics.raw, event))
        }
      }
    }
  }
  return { manifests, rows }
}

export const expected = (logged: readonly LogRecord[]): Map<number, string> =>
  new Map(logged.map(({ offset, value }) => [offset, canonicalJson(lol.topics.raw, parseExact(value) as object)]))

/** A lake and archivers of one partition over it. */
export async function makeArchiveWorld(options: ArchiverOptions = {}, budget = createSegmentBudget()) {
  const directory = await mkdtemp(join(tmpdir(), 'lake-archiver-'))
  const lake = createDirectoryLake({ directory: join(directory, 'lake') })
  const clock = new ManualClock(START_MS)
  const metrics = createServiceMetrics('lake-archiver', { processMetrics: false })
  let archivers = 0
  return {
    directory,
    lake,
    clock,
    metrics,
    archiver(over: Lake = lake, contract: Topic = lol.topics.raw) {
      const topology = createLakeArchiverTopology({
        domain: lol,
        format: 'ndjson.zst',
        ...options,
        lake: over,
        budget,
        clock,
        metrics,
        logger: createLogger('test', { level: 'silent' }),
        spoolDirectory: join(directory, `spool-${++archivers}`),
      })
      return topology.createProcessor(contract, PARTITION)
    },
    assignment: (given: Partial<Assignment> = {}): Assignment => ({
      topic: TOPIC,
      partition: PARTITION,
      epoch: 1,
      committed: null,
      earliest: 0,
      end: 1_000_000,
      ...given,
    }),
    stored: () => readBack(lake, directory),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

export type ArchiveWorld = Awaited<ReturnType<typeof makeArchiveWorld>>

export const doneOf = (result: ProcessResult | null | undefined): number | null => result?.done ?? null
