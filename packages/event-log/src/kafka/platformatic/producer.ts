import { initProducerIdV4 } from '@platformatic/kafka'
import type { OutgoingRecord } from '../../event-log.ts'
import type { ConnectedProducer, TopicPartition } from '../client-library.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { Cluster, isStale } from './cluster.ts'
import { ProduceRequests } from './produce-requests.ts'
import { type BatchIdentity, encodeBatch } from './record-batch.ts'

const NO_TRANSACTION = null
/** Sequence numbers begin again at 0 after 2^31 − 1. */
const SEQUENCE_MASK = 0x7fff_ffff

type ProducerCluster = Pick<Cluster, 'ask' | 'leader' | 'forget' | 'close'>

/**
 * An idempotent producer over the library's requests. The library's own Producer takes a new producer id when a send fails
 * for good or its sequence is not in order, and sends the same records again under it: what was stored is stored twice.
 * Here a batch keeps its producer id and sequence numbers for as long as it is tried, and the numbers move on only when it
 * is stored.
 */
export class IdempotentProducer implements ConnectedProducer {
  readonly #settings: KafkaSettings
  readonly #cluster: ProducerCluster
  readonly #requests: ProduceRequests
  readonly #producerId: bigint
  readonly #producerEpoch: number
  /** Of the next record, by topic and partition. */
  readonly #sequences = new Map<string, number>()

  constructor(
    settings: KafkaSettings,
    cluster: ProducerCluster,
    id: Pick<BatchIdentity, 'producerId' | 'producerEpoch'>,
  ) {
    this.#settings = settings
    this.#cluster = cluster
    this.#requests = new ProduceRequests(cluster, settings.requestTimeoutMs)
    this.#producerId = id.producerId
    this.#producerEpoch = id.producerEpoch
  }

  static async connect(settings: KafkaSettings, clientId: string): Promise<IdempotentProducer> {
    const cluster = new Cluster(settings, clientId)
    try {
      const id = await cluster.ask('any', initProducerIdV4.api, NO_TRANSACTION, settings.requestTimeoutMs)
      return new IdempotentProducer(settings, cluster, id)
    } catch (error) {
      cluster.close()
      throw error
    }
  }

  async send({ topic, partition }: TopicPartition, records: readonly OutgoingRecord[]): Promise<number> {
    const { compression } = this.#settings
    const key = `${topic}/${partition}`
    const sequence = this.#sequences.get(key) ?? 0
    const identity = { producerId: this.#producerId, producerEpoch: this.#producerEpoch, sequence }
    const batch = await encodeBatch(records, { ...identity, compression })
    try {
      const leader = await this.#cluster.leader(topic, partition)
      const offset = await this.#requests.store(leader, { topic, partition, batch })
      this.#sequences.set(key, (sequence + records.length) & SEQUENCE_MASK)
      return offset
    } catch (error) {
      if (isStale(error)) this.#cluster.forget(topic)
      throw error
    }
  }

  async disconnect(): Promise<void> {
    this.#cluster.close()
  }
}
