import type { CodedError } from '@millrace/runtime'

/** One stored record. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: Buffer
  readonly value: Buffer
  /** When it was sent, ms since the epoch; the event time is in the payload. */
  readonly timestampMs: number
  readonly traceparent?: string
}

export interface OutgoingRecord {
  readonly key: Buffer
  /** Empty: a tombstone, which removes its key from a compacted topic. */
  readonly value: Buffer
  readonly timestampMs: number
  readonly traceparent?: string
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number
  readonly cleanup: 'delete' | 'compact'
  readonly maxMessageBytes: number
}

export interface TopicReport {
  readonly name: string
  readonly outcome: 'created' | 'unchanged' | 'changed' | 'differs'
  /** For `changed` and `differs`: setting, what was found, what is wanted. A topic `differs` where it cannot be changed safely (fewer partitions). */
  readonly differences: readonly string[]
}

export type AppendResult =
  | { readonly ok: true; readonly partition: number; readonly offset: number }
  | { readonly ok: false; readonly error: CodedError }

export interface LogProducer {
  /** The partition of a key: murmur2 as Kafka's own clients have it, so that every client agrees. */
  partitionFor(topic: string, key: Buffer): number
  /**
   * Stores the records with acks=all, in the given order per partition, and resolves with one result per record, in order.
   * Never rejects for what happens to a record. After `deadlineMs` a record is answered `append_timeout`: it may still be stored.
   */
  append(
    topic: string,
    records: readonly OutgoingRecord[],
    options: { readonly deadlineMs: number },
  ): Promise<readonly AppendResult[]>
  /** Bytes taken and not yet answered; the caller's budget is made from it. */
  readonly inFlightBytes: number
  /** Waits for what was taken, then closes. */
  close(): Promise<void>
}

/** A partition given to this consumer. `epoch` names this assignment: whatever was done under an older one is void. */
export interface Assignment {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  readonly committed: { readonly offset: number; readonly metadata: string } | null
  /** First offset still stored. */
  readonly earliest: number
  /** Offset that the next record will get. */
  readonly end: number
}

export type ConsumerEvent =
  | { readonly type: 'assigned'; readonly assignments: readonly Assignment[] }
  | { readonly type: 'revoked'; readonly assignments: readonly Pick<Assignment, 'topic' | 'partition' | 'epoch'>[] }
  | {
      readonly type: 'records'
      readonly topic: string
      readonly partition: number
      readonly epoch: number
      /** At least one, offsets ascending (gaps may occur). */
      readonly records: readonly LogRecord[]
      /** End of the partition as known when these were fetched. */
      readonly end: number
    }

export interface CommitPosition {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  /** Offset of the next record to process. */
  readonly offset: number
  /** Short text kept beside the offset, e.g. from where state is rebuilt. */
  readonly metadata: string
}

/**
 * One member of a consumer group, pulled by one loop. It keeps its membership alive by itself while the caller is slow,
 * and holds at most one fetched batch per partition that the caller has not taken.
 */
export interface LogConsumer {
  /** The next event, or null when `maxWaitMs` passed. Rejects when the consumer cannot go on by itself. */
  poll(maxWaitMs: number): Promise<ConsumerEvent | null>
  /** Begins delivery of an assigned partition at `offset`. Nothing of it is delivered before. May be called again to rewind. */
  start(assignment: Pick<Assignment, 'topic' | 'partition' | 'epoch'>, offset: number): void
  pause(partitions: readonly Pick<Assignment, 'topic' | 'partition'>[]): void
  resume(partitions: readonly Pick<Assignment, 'topic' | 'partition'>[]): void
  /** Commits positions; rejects with `fenced` when one of them belongs to an assignment that is lost (nothing of that one is committed). */
  commit(positions: readonly CommitPosition[]): Promise<void>
  /** Leaves the group at once, so that others need not wait for a timeout. */
  close(): Promise<void>
}

export interface ConsumerOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Name of this member in logs. */
  readonly clientId: string
  /** Most bytes of one fetched batch. */
  readonly maxBatchBytes?: number
  /** A member that shows no life for this long loses its partitions. */
  readonly sessionTimeoutMs?: number
}

/** What can be seen of a log without taking part in it. */
export interface LogReader {
  /** Per partition: first stored offset and the offset that the next record will get. */
  range(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly earliest: number; readonly end: number }[]>
  /** Reads `from` (inclusive) to `to` (exclusive) of one partition without a group; offsets that no longer exist are skipped. */
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<readonly LogRecord[]>
  close(): Promise<void>
}

/** A partitioned, durable log with consumer groups. */
export interface EventLog extends LogReader {
  /** Creates missing topics and alters settings that differ where that is possible; calling it again changes nothing. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<readonly TopicReport[]>
  producer(options: { readonly clientId: string }): Promise<LogProducer>
  consumer(options: ConsumerOptions): Promise<LogConsumer>
  /** Committed positions of a group. */
  committed(
    group: string,
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly offset: number; readonly metadata: string }>>
  /** Resolves when the log answers. */
  ping(): Promise<void>
}
