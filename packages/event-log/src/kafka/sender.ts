import type { Producer, RecordMetadata } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { KafkaSettings } from './kafka-options.ts'
import { createKafkaClient } from './kafkajs/connection-config.ts'
import type { Lease, Leases, ProducedMessage } from './partition-lane.ts'

const COMPRESSION = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const

/** One connected kafkajs producer, for as long as somebody uses it. */
class ProducerLease implements Lease {
  readonly #producer: Producer
  readonly #compression: number
  #users = 0
  #retired: PromiseWithResolvers<void> | undefined

  constructor(producer: Producer, compression: number) {
    this.#producer = producer
    this.#compression = compression
  }

  enter(): void {
    this.#users++
  }

  leave(): void {
    this.#users--
    this.#endIfUnused()
  }

  /** Disconnects as soon as nothing is under way any more. */
  retire(): Promise<void> {
    this.#retired ??= Promise.withResolvers()
    this.#endIfUnused()
    return this.#retired.promise
  }

  #endIfUnused(): void {
    if (this.#retired && this.#users === 0)
      this.#producer.disconnect().then(this.#retired.resolve, this.#retired.resolve)
  }

  /**
   * Sends messages of one partition with acks=all and returns the offset of the first.
   * kafkajs resolves a send also when it skipped the partition (its leader was unknown at that moment), so only an answer
   * that names the partition counts.
   */
  async send(topic: string, partition: number, messages: readonly ProducedMessage[]): Promise<number> {
    const answers = await this.#producer.send({
      topic,
      acks: -1,
      compression: this.#compression,
      // kafkajs does not change them.
      messages: messages as ProducedMessage[],
    })
    const answer = answers.find(candidate => candidate.partition === partition)
    const offset = Number((answer as RecordMetadata | undefined)?.baseOffset ?? -1)
    if (answer?.errorCode !== 0 || offset < 0)
      throw Object.assign(new Error('The broker did not say where the records are.'), { retriable: true })
    return offset
  }
}

/**
 * The kafkajs producer of a log producer, replaced whenever one was left with a batch whose fate is unknown.
 *
 * It is idempotent: a batch that was stored although its answer was lost is recognised when it is sent again. Batches of
 * 1,000 are as fast as without, single records 0.8 times, and lost answers leave no duplicates (measured, see README).
 * Safe is that only under three conditions, which are kept here and in PartitionLane: one partition per send, one outstanding
 * batch per partition until it is answered or given up, and after a batch was given up a new producer, because kafkajs
 * would use its sequence numbers again for other records, which the broker would then take for duplicates.
 */
export class Sender implements Leases {
  readonly #settings: KafkaSettings
  readonly #clientId: string
  #current: Promise<ProducerLease> | undefined

  constructor(settings: KafkaSettings, clientId: string) {
    this.#settings = settings
    this.#clientId = clientId
  }

  /** A connected producer; the caller must `leave` it. */
  async enter(): Promise<ProducerLease> {
    this.#current ??= this.#connect()
    const current = this.#current
    try {
      const lease = await current
      lease.enter()
      return lease
    } catch (error) {
      if (this.#current === current) this.#current = undefined
      throw error
    }
  }

  /** Nobody begins with this producer any more. */
  async replace(lease: Lease): Promise<void> {
    const current = this.#current
    const producer = await current?.catch(() => undefined)
    if (producer && producer === lease && this.#current === current) {
      this.#current = undefined
      this.#settings.logger.info({ clientId: this.#clientId }, 'log_producer_replaced')
      void producer.retire()
    }
  }

  async #connect(): Promise<ProducerLease> {
    const producer = createKafkaClient(this.#settings, this.#clientId).producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      // Longer patience is the lane's affair; kafkajs insists on one retry of an idempotent send.
      retry: { retries: 1 },
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    })
    try {
      await producer.connect()
    } catch (error) {
      producer.disconnect().catch(() => {})
      throw error
    }
    return new ProducerLease(producer, COMPRESSION[this.#settings.compression])
  }

  async close(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.then(lease => lease.retire()).catch(() => {})
  }
}
