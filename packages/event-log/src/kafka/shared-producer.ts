import type { OutgoingRecord } from '../event-log.ts'
import type { ConnectedProducer, TopicPartition } from './client-library.ts'
import type { KafkaSettings } from './kafka-options.ts'
import type { ProducerSource, SharedProducer } from './partition-queue.ts'

/** A connected producer that counts its users and disconnects without them once it is retired. */
class ReferenceCountedProducer implements SharedProducer {
  readonly #producer: ConnectedProducer
  #users = 0
  #retired: PromiseWithResolvers<void> | undefined

  constructor(producer: ConnectedProducer) {
    this.#producer = producer
  }

  acquire(): void {
    this.#users++
  }

  release(): void {
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

  send(to: TopicPartition, records: readonly OutgoingRecord[]): Promise<number> {
    return this.#producer.send(to, records)
  }
}

/**
 * The connected producer of a log producer, replaced whenever one was left with a batch whose fate is unknown: the broker
 * would take later records with the sequence numbers of that batch for duplicates, or refuse them.
 */
export class ReplaceableProducer implements ProducerSource {
  readonly #settings: KafkaSettings
  readonly #clientId: string
  readonly #connect: (clientId: string) => Promise<ConnectedProducer>
  #current: Promise<ReferenceCountedProducer> | undefined

  constructor(settings: KafkaSettings, clientId: string, connect: (clientId: string) => Promise<ConnectedProducer>) {
    this.#settings = settings
    this.#clientId = clientId
    this.#connect = connect
  }

  /** A connected producer; the caller must `release` it. */
  async acquire(): Promise<ReferenceCountedProducer> {
    this.#current ??= this.#connect(this.#clientId).then(producer => new ReferenceCountedProducer(producer))
    const current = this.#current
    try {
      const producer = await current
      producer.acquire()
      return producer
    } catch (error) {
      if (this.#current === current) this.#current = undefined
      throw error
    }
  }

  /** Retires a producer; later calls of `acquire` get another one. */
  async replace(retired: SharedProducer): Promise<void> {
    const current = this.#current
    const producer = await current?.catch(() => undefined)
    if (producer && producer === retired && this.#current === current) {
      this.#current = undefined
      this.#settings.logger.info({ clientId: this.#clientId }, 'log_producer_replaced')
      void producer.retire()
    }
  }

  async close(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.then(producer => producer.retire()).catch(() => {})
  }
}
