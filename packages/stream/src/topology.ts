import type { FailedEvent, Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'

/** A record to publish; the runner serialises and partitions it by its key. */
export interface Emit {
  /** Name of the topic. */
  readonly topic: string
  readonly key: Buffer
  readonly value: Buffer
  /** The record it was made from: when the log says that this output can never be stored (too large), that record goes to `failed-events`. */
  readonly source?: LogRecord
}

/** Why a record could not be processed; the runner adds service, topic, partition, offset and the bytes. */
export interface FailedRecord {
  readonly record: LogRecord
  readonly reason: Pick<FailedEvent, 'code' | 'message' | 'path' | 'sink' | 'stage' | 'sourceEventId'>
}

export interface ProcessResult {
  readonly emits: readonly Emit[]
  readonly failed: readonly FailedRecord[]
  /** Offset of the next record to process once `emits` and `failed` are stored; null when nothing is finished yet. */
  readonly done: number | null
  /** Kept beside the committed offset and given back as `committed.metadata`. */
  readonly metadata?: string
}

/** What a service does with one partition. All its state is in memory and belongs to one assignment. */
export interface PartitionProcessor {
  /**
   * Called once before the first record. `readFrom` is where reading begins; results of offsets below `publishFrom`
   * are dropped by the runner (state is rebuilt silently).
   */
  open(assignment: Assignment): Promise<{ readonly readFrom: number; readonly publishFrom: number }>
  /** Processes records in offset order; called again with the same records after it threw a retryable error. */
  process(records: readonly LogRecord[]): ProcessResult | Promise<ProcessResult>
  /** Called about once a second, between batches, for what depends on the clock. */
  tick?(nowMs: number): ProcessResult | null | Promise<ProcessResult | null>
  /** `revoked`: the partition is lost, nothing may be finished. `stopping`: may finish the current batch; its result is still stored and committed. */
  close?(reason: 'revoked' | 'stopping'): ProcessResult | null | Promise<ProcessResult | null>
}

/** The whole of a service between its topics: which it reads, and a processor per partition. */
export interface Topology {
  /** Name of its consumer group. */
  readonly name: string
  /** What it reads. */
  readonly topics: readonly Topic[]
  /** What it writes, besides failed events. */
  readonly outputs: readonly Topic[]
  /** Outputs that processors restore their state from. They are stored after the others of the same results: what state includes is published. */
  readonly restoredFrom?: readonly Topic[]
  createProcessor(topic: Topic, partition: number): PartitionProcessor
}
