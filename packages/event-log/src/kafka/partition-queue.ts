import { type CodedError, maxBackoffMs } from '@millrace/runtime'
import type { Share } from '../append-call.ts'
import { logError } from '../errors.ts'
import type { OutgoingRecord } from '../event-log.ts'
import { BATCH_OVERHEAD, recordBytes } from '../record-size.ts'
import type { TopicPartition } from './client-library.ts'
import { errorType, isBrokenClient, isPassing, kafkaError } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import type { Linger } from './linger.ts'
import { SendWindow, type Wait } from './send-window.ts'

/** A connected producer, shared by the queues of all partitions and counted by its users. */
export interface SharedProducer {
  acquire(): void
  release(): void
  /** Sends once and returns the offset of the first record. */
  send(to: TopicPartition, records: readonly OutgoingRecord[]): Promise<number>
}

export interface ProducerSource {
  /** A producer that was acquired for the caller. */
  acquire(): Promise<SharedProducer>
  /** Later calls of `acquire` get another producer. */
  replace(producer: SharedProducer): Promise<void>
}

/** Records from `from` to `to` of a share, in one batch. */
interface Piece {
  readonly share: Share
  readonly from: number
  readonly to: number
}

interface Batch {
  readonly pieces: Piece[]
  readonly records: OutgoingRecord[]
  /** Of its oldest record. */
  readonly wait: Wait
  bytes: number
  /** Resolves when nobody waits for any of its records any more. */
  readonly expired: Promise<typeof EXPIRED>
  readonly onExpired: () => void
}

export interface QueueOptions {
  readonly topic: string
  readonly partition: number
  readonly producers: ProducerSource
  /** Shared with the queues of the other partitions. */
  readonly linger: Linger
  readonly settings: KafkaSettings
  /** The topic's own limit of a batch, bytes. */
  readonly maxMessageBytes: number
  /** These bytes are answered, one way or the other. */
  readonly onAnswered: (bytes: number) => void
}

const EXPIRED = Symbol('expired')
const BACKOFF = { firstDelayMs: 50, maxDelayMs: 1_000 }
const MIN_WINDOW_BYTES = 64 << 10
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
/** The broker knows nothing, or something else, of this producer's sequence numbers: only a new producer can go on. */
const LOST_SEQUENCE = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'DUPLICATE_SEQUENCE_NUMBER',
])

/** Send queue of one partition. At most one batch is outstanding, its retries included. */
export class PartitionQueue {
  readonly #options: QueueOptions
  readonly #maxBytes: number
  readonly #maxRecords: number
  readonly #window: SendWindow
  #queue: { share: Share; from: number; wait: Wait }[] = []
  /** Bytes of what is queued or outstanding. */
  #heldBytes = 0
  #queuedRecords = 0
  #batch: Batch | undefined
  #running: Promise<void> | undefined
  #isArmed = false
  /** Lowered when the broker finds a batch too large. */
  #recordLimit: number

  constructor(options: QueueOptions) {
    this.#options = options
    const { settings, maxMessageBytes } = options
    this.#maxBytes = Math.min(settings.maxBatchBytes, maxMessageBytes) - BATCH_OVERHEAD
    this.#maxRecords = settings.maxBatchRecords
    this.#recordLimit = this.#maxRecords
    this.#window = new SendWindow(MIN_WINDOW_BYTES, settings.maxInFlightBytes)
  }

  /**
   * Takes records whose sender waits for so long.
   * @returns the refusal when what is held already takes so long that these would be late; then nothing was taken
   */
  push(share: Share, deadlineMs: number): CodedError | null {
    const { linger, settings } = this.#options
    const { lingerMs, clock } = settings
    if (!this.#window.takes(this.#heldBytes, share.bytes))
      return logError('log_saturated', { bytes: this.#heldBytes, limit: Math.round(this.#window.bytes) })
    this.#heldBytes += share.bytes
    this.#queue.push({ share, from: 0, wait: { sinceMs: clock.now(), deadlineMs } })
    this.#queuedRecords += share.records.length
    if (this.#running) return null
    if (lingerMs <= 0 || this.#queuedRecords >= this.#maxRecords) this.#run()
    else if (!this.#isArmed) {
      this.#isArmed = true
      void linger.over().then(() => {
        this.#isArmed = false
        this.#run()
      })
    }
    return null
  }

  #run(): void {
    if (this.#running || this.#queue.length === 0) return
    this.#running = this.#drain().finally(() => {
      this.#running = undefined
      // Pushed after the drain had looked for more.
      this.#run()
    })
  }

  async #drain(): Promise<void> {
    for (let batch = this.#take(); batch; batch = this.#take()) {
      this.#batch = batch
      await this.#deliver(batch)
      this.#batch = undefined
      this.#release(batch)
    }
  }

  #take(): Batch | undefined {
    const wait = this.#queue[0]?.wait
    // On a slow line a small batch gets through in time where a large one would not.
    const maxBytes = Math.min(this.#maxBytes, this.#window.bytes)
    const pieces: Piece[] = []
    const batch: OutgoingRecord[] = []
    let bytes = 0
    let taken = 0
    fill: while (taken < this.#queue.length) {
      const item = this.#queue[taken]!
      const { share, from } = item
      const { records } = share
      let to = from
      for (; to < records.length; to++) {
        const record = records[to]!
        const more = recordBytes(record)
        if (batch.length > 0 && (batch.length >= this.#recordLimit || bytes + more > maxBytes)) {
          if (to > from) pieces.push({ share, from, to })
          item.from = to
          break fill
        }
        batch.push(record)
        bytes += more
      }
      pieces.push({ share, from, to })
      taken++
    }
    this.#queue.splice(0, taken)
    if (!wait || batch.length === 0) return undefined
    this.#queuedRecords -= batch.length
    let onExpired = (): void => {}
    const expired = new Promise<typeof EXPIRED>(resolve => {
      onExpired = () => resolve(EXPIRED)
    })
    return { pieces, records: batch, wait, bytes, expired, onExpired }
  }

  /** Sends a batch until it is stored, refused, or nobody waits for it any more. */
  async #deliver(batch: Batch): Promise<void> {
    const { topic, partition, producers, settings } = this.#options
    let producer: SharedProducer | undefined
    /** Whether the broker may have it although we do not know. */
    let isUncertain = false
    const releaseProducer = async (): Promise<void> => {
      if (producer && isUncertain) await producers.replace(producer)
      producer?.release()
      producer = undefined
    }
    for (let attempts = 1; ; attempts++) {
      try {
        if (!producer) {
          const acquired = producers.acquire()
          const outcome = await Promise.race([acquired, batch.expired])
          if (outcome === EXPIRED) {
            acquired.then(late => late.release()).catch(() => {})
            return
          }
          producer = outcome
        }
        const used = producer
        used.acquire()
        isUncertain = true
        const sending = used.send({ topic, partition }, batch.records).finally(() => used.release())
        const firstOffset = await Promise.race([sending, batch.expired])
        if (firstOffset === EXPIRED) {
          sending.catch(() => {})
          settings.logger.warn({ topic, partition, records: batch.records.length }, 'log_send_abandoned')
          return await releaseProducer()
        }
        isUncertain = false
        this.#succeed(batch, firstOffset)
        return await releaseProducer()
      } catch (error) {
        if (TOO_LARGE.has(errorType(error) ?? '')) {
          await releaseProducer()
          this.#split(batch)
          return
        }
        if (LOST_SEQUENCE.has(errorType(error) ?? '') || isBrokenClient(error)) await releaseProducer()
        else if (!isPassing(error)) {
          await releaseProducer()
          this.#fail(batch, kafkaError(error, `records of ${topic}/${partition}`, settings.brokers))
          return
        }
        settings.logger.debug({ topic, partition, err: error }, 'log_send_retried')
        if ((await Promise.race([settings.clock.sleep(maxBackoffMs(BACKOFF, attempts)), batch.expired])) === EXPIRED)
          return await releaseProducer()
      }
    }
  }

  /** Before its results are known to the caller, who may look at the budget at once. */
  #release(batch: Batch): void {
    this.#answered(batch.bytes)
    batch.bytes = 0
  }

  #answered(bytes: number): void {
    this.#heldBytes -= bytes
    this.#options.onAnswered(bytes)
  }

  #succeed(batch: Batch, firstOffset: number): void {
    const { partition, settings } = this.#options
    this.#window.stored(batch.bytes, this.#heldBytes, { ...batch.wait, nowMs: settings.clock.now() })
    this.#release(batch)
    let offset = firstOffset
    for (const { share, from, to } of batch.pieces) {
      share.call.succeed(share, { from, to, partition, firstOffset: offset })
      offset += to - from
    }
    this.#recordLimit = Math.min(this.#maxRecords, this.#recordLimit * 2)
  }

  #fail(batch: Batch, error: CodedError): void {
    this.#release(batch)
    for (const { share, from, to } of batch.pieces) share.call.fail(share, error, { from, to })
  }

  /** The broker takes less than the topic's configuration said when it was read: sends half as much, a single record fails. */
  #split(batch: Batch): void {
    const { topic, maxMessageBytes } = this.#options
    if (batch.records.length === 1) {
      this.#fail(batch, logError('record_too_large', { topic, bytes: batch.bytes, limit: maxMessageBytes }))
      return
    }
    this.#recordLimit = Math.ceil(batch.records.length / 2)
    for (const { share, from, to } of batch.pieces.toReversed()) {
      const next = this.#queue[0]
      if (next?.share === share && next.from === to) next.from = from
      else this.#queue.unshift({ share: part(share, from, to), from: 0, wait: batch.wait })
    }
    this.#queuedRecords += batch.records.length
    batch.bytes = 0
  }

  /** Drops what nobody waits for any more; a batch that is on its way is given up when that holds for all of it. */
  dropExpired(): void {
    const nowMs = this.#options.settings.clock.now()
    const heldBytes = this.#heldBytes
    let dropped = 0
    this.#queue = this.#queue.filter(({ share, from, wait }) => {
      if (!share.call.isSettled) return true
      this.#window.late(heldBytes, { ...wait, nowMs })
      for (let i = from; i < share.records.length; i++) dropped += recordBytes(share.records[i]!)
      this.#queuedRecords -= share.records.length - from
      return false
    })
    if (dropped > 0) this.#answered(dropped)
    if (!this.#batch?.pieces.every(({ share }) => share.call.isSettled)) return
    this.#window.late(heldBytes, { ...this.#batch.wait, nowMs })
    this.#batch.onExpired()
  }

  /** Resolves when everything that was pushed is answered. */
  async idle(): Promise<void> {
    while (this.#running || this.#queue.length > 0) {
      this.#run()
      await this.#running
    }
  }
}

/** Some records of a share as a share of their own, under the same call. */
const part = (share: Share, from: number, to: number): Share => ({
  call: share.call,
  records: share.records.slice(from, to),
  places: share.places.slice(from, to),
  bytes: 0,
})
