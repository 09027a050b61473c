import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { ConsumerEvent, LogRecord } from '../event-log.ts'

/** kafkajs does not declare from which offset a batch was fetched. */
interface FetchedBatch {
  readonly fetchedOffset: string
}

interface WaitingBatch {
  readonly records: readonly LogRecord[]
  readonly end: number
  readonly take: () => void
  readonly drop: (error?: unknown) => void
}

export const toLogRecord = (
  { key, value, offset, timestamp, headers }: KafkaMessage,
  topic: string,
  partition: number,
): LogRecord => {
  const record = {
    topic,
    partition,
    offset: Number(offset),
    key: key ?? EMPTY,
    value: value ?? EMPTY,
    timestampMs: Number(timestamp),
  }
  const traceparent = headers?.traceparent
  return traceparent === undefined ? record : { ...record, traceparent: String(traceparent) }
}

const EMPTY = Buffer.alloc(0)

/** One possession of a partition: what is delivered next, and the one fetched batch that waits to be taken. */
export class PartitionDelivery {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  isPaused = false
  /** Whether the caller was told of this possession. */
  isAnnounced = false
  #position: number | null = null
  #waiting: WaitingBatch | undefined
  /** Set by a start until the first batch that was really fetched from there. */
  #isRepositioned = false
  #strayOffset = -1

  constructor(topic: string, partition: number, epoch: number) {
    this.topic = topic
    this.partition = partition
    this.epoch = epoch
  }

  /** Offset of the next record to deliver; null before `start`. */
  get position(): number | null {
    return this.#position
  }
  get hasBatch(): boolean {
    return this.#waiting !== undefined
  }

  /** From now on `offset` comes next; what was fetched is dropped. The session must seek there. */
  reposition(offset: number): void {
    this.#position = offset
    this.#isRepositioned = true
    this.#strayOffset = -1
    this.drop()
  }

  /** Lets the waiting batch go; it is fetched again. */
  drop(error?: unknown): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.drop(error)
  }

  /**
   * Offers a fetched batch; resolves when it was taken or dropped.
   * @returns `seek` when it was not fetched from where it should have been
   */
  async offer(payload: EachBatchPayload, onWaiting: () => void): Promise<'seek' | 'done'> {
    const { batch } = payload
    if (this.#position === null || this.isPaused || this.#waiting || payload.isStale()) return 'done'
    const fetchedFrom = Number((batch as typeof batch & FetchedBatch).fetchedOffset)
    if (this.#isRepositioned && fetchedFrom !== this.#position) {
      // A fetch that was under way when the position changed. Seen twice it is what the log has: older records are gone.
      if (fetchedFrom !== this.#strayOffset) {
        this.#strayOffset = fetchedFrom
        return 'seek'
      }
    }
    this.#isRepositioned = false
    const { messages } = batch
    const last = messages[messages.length - 1]!
    const records: LogRecord[] = []
    for (const message of messages)
      if (Number(message.offset) >= this.#position) records.push(toLogRecord(message, this.topic, this.partition))
    if (records.length === 0) {
      payload.resolveOffset(last.offset)
      return 'done'
    }
    return new Promise((resolve, reject) => {
      this.#waiting = {
        records,
        end: Number(batch.highWatermark),
        take: () => {
          payload.resolveOffset(last.offset)
          resolve('done')
        },
        drop: error => (error === undefined ? resolve('done') : reject(error)),
      }
      onWaiting()
    })
  }

  /** The waiting batch as an event. */
  take(): ConsumerEvent {
    const { records, end, take } = this.#waiting!
    const { topic, partition, epoch } = this
    this.#waiting = undefined
    this.#position = records[records.length - 1]!.offset + 1
    take()
    return { type: 'records', topic, partition, epoch, records, end }
  }
}
