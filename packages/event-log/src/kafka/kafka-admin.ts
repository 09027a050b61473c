import { type Clock, isRetryable } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { Committed, ConnectedAdmin, PartitionRange } from './client-library.ts'
import { errorType, kafkaError } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'

const TIMEOUT_MS = 20_000
const ASK_AGAIN_MS = 200
/** Kafka's default of max.message.bytes, for who may not read the configuration. */
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588

/** What is asked of the cluster besides records. One connection, made when it is needed, and made anew after an error. */
export class KafkaAdmin {
  readonly #settings: KafkaSettings
  readonly #clock: Clock
  readonly #connect: () => Promise<ConnectedAdmin>
  #admin: Promise<ConnectedAdmin> | undefined
  readonly #closing = new AbortController()
  /** Rejects when the client is closed. */
  readonly #closed: Promise<never>

  constructor(settings: KafkaSettings, connect: () => Promise<ConnectedAdmin>) {
    this.#settings = settings
    this.#clock = settings.clock
    this.#connect = connect
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.#closed = promise
    this.#closing.signal.addEventListener('abort', () => reject(logError('log_closed')), { once: true })
  }

  /**
   * Runs `work` with a connected admin client.
   * @throws log_unavailable when the cluster does not answer in time, log_refused when it answers no, log_closed after `close`
   */
  async use<T>(what: string, work: (admin: ConnectedAdmin) => Promise<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
    const { brokers } = this.#settings
    if (this.#closing.signal.aborted) return this.#closed
    this.#admin ??= this.#connect()
    const current = this.#admin
    const timeout = new AbortController()
    const late = this.#clock.sleep(timeoutMs, timeout.signal).then(
      () => {
        throw logError('log_unavailable', { where: brokers.join(', '), reason: `no answer in ${timeoutMs} ms` })
      },
      () => new Promise<never>(() => {}),
    )
    try {
      return await Promise.race([current.then(work), late, this.#closed])
    } catch (error) {
      if (this.#closing.signal.aborted) return this.#closed
      const coded = kafkaError(error, what, brokers)
      if (coded.code === 'log_unavailable' && this.#admin === current) {
        this.#admin = undefined
        current.then(admin => admin.disconnect()).catch(() => {})
      }
      throw coded
    } finally {
      timeout.abort()
    }
  }

  /**
   * A question that may be asked again: a broker that has not heard of a new topic yet answers that there is none, and a
   * connection may have gone since it was last used.
   */
  async #ask<T>(what: string, question: (admin: ConnectedAdmin) => Promise<T>): Promise<T> {
    const untilMs = this.#clock.now() + TIMEOUT_MS
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.use(what, question)
      } catch (error) {
        const isAnswered = errorType(error) !== undefined
        const mayAsk = isRetryable(error) && (attempt === 1 || (isAnswered && this.#clock.now() < untilMs))
        if (!mayAsk) throw error
        await Promise.race([this.#clock.sleep(ASK_AGAIN_MS, this.#closing.signal), this.#closed])
      }
    }
  }

  /** @throws unknown_topic */
  async partitionCount(topic: string): Promise<number> {
    const count = (await this.partitionCounts()).get(topic)
    if (count === undefined) throw logError('unknown_topic', { topic })
    return count
  }

  /** Partition counts of all topics. */
  partitionCounts(): Promise<ReadonlyMap<string, number>> {
    return this.#ask('a list of topics', admin => admin.partitionCounts())
  }

  /** Largest batch that the topic takes, bytes. */
  async maxMessageBytes(topic: string): Promise<number> {
    try {
      const value = await this.#ask('the configuration of a topic', admin => admin.setting(topic, 'max.message.bytes'))
      return Number(value ?? DEFAULT_MAX_MESSAGE_BYTES)
    } catch (error) {
      if ((error as { code?: string }).code === 'log_refused') return DEFAULT_MAX_MESSAGE_BYTES
      throw error
    }
  }

  /** First stored offset and next offset of every partition, by partition. */
  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    await this.partitionCount(topic)
    const ranges = await this.#ask('the offsets of a topic', admin => admin.ranges(topic))
    return ranges.toSorted((a, b) => a.partition - b.partition)
  }

  /** Committed positions of a group, by topic and partition. */
  async committed(
    group: string,
    topics: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>> {
    return this.#ask('the offsets of a group', admin => admin.committed(group, topics))
  }

  async close(): Promise<void> {
    this.#closing.abort(logError('log_closed'))
    const current = this.#admin
    this.#admin = undefined
    await current?.then(admin => admin.disconnect()).catch(() => {})
  }
}
