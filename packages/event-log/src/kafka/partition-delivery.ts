import type { ConsumerEvent, LogRecord } from '../event-log.ts'
import type { FetchedBatch } from './client-library.ts'

interface WaitingBatch {
  readonly records: readonly LogRecord[]
  readonly end: number
  readonly take: () => void
  readonly drop: (error?: unknown) => void
}

/** One assignment of a partition: what is delivered next, and the one fetched batch that waits to be taken. */
export class PartitionDelivery {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  isPaused = false
  /** Whether the caller was told of this assignment. */
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
  async offer(batch: FetchedBatch, onWaiting: () => void): Promise<'seek' | 'done'> {
    if (this.#position === null || this.isPaused || this.#waiting || batch.isStale()) return 'done'
    const { fetchedFrom, end } = batch
    if (this.#isRepositioned && fetchedFrom !== this.#position) {
      // A fetch that was under way when the position changed. Seen twice it is what the log has: older records are gone.
      if (fetchedFrom !== this.#strayOffset) {
        this.#strayOffset = fetchedFrom
        return 'seek'
      }
    }
    this.#isRepositioned = false
    const records = batch.recordsFrom(this.#position)
    if (records.length === 0) {
      batch.moveOn()
      return 'done'
    }
    return new Promise((resolve, reject) => {
      this.#waiting = {
        records,
        end,
        take: () => {
          batch.moveOn()
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
