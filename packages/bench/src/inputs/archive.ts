import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { LakeFormat } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { createDirectoryLake } from '@millrace/lake'
import { createLakeArchiverTopology } from '@millrace/lake-archiver'
import { createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { inBatches } from './batches.ts'
import { simulateMoves } from './lol-records.ts'

/** Moves as one partition of the log would hold them. */
export const loggedMoves = (count: number): readonly LogRecord[] =>
  simulateMoves(count, 1_000).map(({ key, value, atMs }, offset) => ({
    topic: 'lol.raw',
    partition: 0,
    offset,
    key: Buffer.from(key),
    value: Buffer.from(value),
    timestampMs: atMs,
  }))

/** Archives the records of a partition into a new lake in a local folder, until all are committed. */
export async function archive(directory: string, records: readonly LogRecord[], format: LakeFormat): Promise<void> {
  const run = path.join(directory, randomUUID())
  const lake = createDirectoryLake({ directory: path.join(run, 'lake') })
  const processor = createLakeArchiverTopology({
    lake,
    format,
    spoolDirectory: path.join(run, 'spool'),
    clock: systemClock,
    logger: createLogger('bench', { level: 'silent' }),
    metrics: createServiceMetrics('bench'),
  }).createProcessor('lol.raw', 0)
  await processor.open({ topic: 'lol.raw', partition: 0, epoch: 1, committed: null, earliest: 0, end: records.length })
  let done = 0
  for (const batch of inBatches(records, 2_000)) done = (await processor.process(batch)).done ?? done
  done = (await processor.close?.('stopping'))?.done ?? done
  if (done !== records.length) throw new Error(`Archived up to ${done} of ${records.length} records.`)
  await lake.close()
}
