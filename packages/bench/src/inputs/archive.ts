import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { LakeFormat } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { type LogRecord, partitionOfKey } from '@millrace/event-log'
import { createDirectoryLake, createSegmentBudget } from '@millrace/lake'
import { createLakeArchiverTopology } from '@millrace/lake-archiver'
import { createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import type { SimulatedRecord } from '@millrace/simulation'
import { simulateMoves } from './lol-records.ts'

const TOPIC = 'lol.raw'
const PARTITIONS = lol.topics.raw.partitions
const BATCH = 2_000
/** Of all runs: each set watches its process for as long as that lives. */
const metrics = createServiceMetrics('bench')

/** A partition of the log as a block of bytes, from which records are cut as they are read, as a consumer does. */
class LoggedPartition {
  readonly partition: number
  readonly count: number
  /** Keys and values, in turn. */
  readonly #block: Buffer
  /** Ends of keys and values in the block, in turn. */
  readonly #ends: Uint32Array
  readonly #timesMs: Float64Array

  constructor(partition: number, moves: readonly SimulatedRecord[]) {
    const parts = moves.flatMap(({ key, value }) => [Buffer.from(key), Buffer.from(value)])
    let end = 0
    this.partition = partition
    this.count = moves.length
    this.#block = Buffer.concat(parts)
    this.#ends = Uint32Array.from(parts, ({ length }) => {
      end += length
      return end
    })
    this.#timesMs = Float64Array.from(moves, ({ atMs }) => atMs)
  }

  *batches(): Generator<readonly LogRecord[]> {
    for (let from = 0; from < this.count; from += BATCH)
      yield Array.from({ length: Math.min(BATCH, this.count - from) }, (_, index) => this.#record(from + index))
  }

  #record(offset: number): LogRecord {
    const from = offset === 0 ? 0 : this.#ends[2 * offset - 1]!
    const keyEnd = this.#ends[2 * offset]!
    return {
      topic: TOPIC,
      partition: this.partition,
      offset,
      key: this.#block.subarray(from, keyEnd),
      value: this.#block.subarray(keyEnd, this.#ends[2 * offset + 1]!),
      timestampMs: this.#timesMs[offset]!,
    }
  }
}

/** Moves of many players in the partitions of their topic. */
export class LoggedMoves {
  readonly partitions: readonly LoggedPartition[]

  constructor(count: number) {
    const moves = Array.from({ length: PARTITIONS }, (): SimulatedRecord[] => [])
    for (const move of simulateMoves(count, 1_000)) moves[partitionOfKey(Buffer.from(move.key), PARTITIONS)]!.push(move)
    this.partitions = moves.map((ofPartition, partition) => new LoggedPartition(partition, ofPartition))
  }

  values(): readonly Buffer[] {
    return this.partitions.flatMap(partition => [...partition.batches()].flat().map(({ value }) => value))
  }
}

/** Archives a topic into a new lake in a local folder, all partitions at the same time, until everything is committed. */
export async function archive(directory: string, moves: LoggedMoves, format: LakeFormat): Promise<void> {
  const run = path.join(directory, randomUUID())
  const lake = createDirectoryLake({ directory: path.join(run, 'lake') })
  const topology = createLakeArchiverTopology({
    domain: lol,
    lake,
    format,
    spoolDirectory: path.join(run, 'spool'),
    budget: createSegmentBudget(),
    clock: systemClock,
    logger: createLogger('bench', { level: 'silent' }),
    metrics,
  })
  const archivePartition = async (logged: LoggedPartition): Promise<void> => {
    const { partition, count } = logged
    const processor = topology.createProcessor(lol.topics.raw, partition)
    await processor.open({ topic: TOPIC, partition, epoch: 1, committed: null, earliest: 0, end: count })
    let done = 0
    for (const batch of logged.batches()) done = (await processor.process(batch)).done ?? done
    done = (await processor.close?.('stopping'))?.done ?? done
    if (done !== count) throw new Error(`Archived up to ${done} of ${count} records.`)
  }
  await Promise.all(moves.partitions.map(archivePartition))
  await lake.close()
}
