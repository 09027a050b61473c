import type Cluster from 'kafkajs/src/cluster/index.js'
import Batch from 'kafkajs/src/consumer/batch.js'
import type { FetchedRange, Fetcher, TopicPartition } from '../client-library.ts'
import { ClientError, errorType } from '../kafka-errors.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { calling } from './client-errors.ts'
import { openCluster, READ_COMMITTED } from './cluster.ts'
import { toLogRecord } from './log-record.ts'

const FETCH_BYTES = 4 << 20

/** Fetches by the parts of kafkajs beneath its consumer, which always joins a group. */
export class KafkaJsFetcher implements Fetcher {
  readonly #settings: KafkaSettings
  readonly #clientId: string
  /** A promise, so that those who ask at the same time share it. */
  #cluster: Promise<Cluster> | undefined

  constructor(settings: KafkaSettings, clientId: string) {
    this.#settings = settings
    this.#clientId = clientId
  }

  async fetch({ topic, partition }: TopicPartition, offset: number): Promise<FetchedRange | 'gone'> {
    try {
      return await calling(() => this.#fetch(topic, partition, offset))
    } catch (error) {
      if (errorType(error) === 'OFFSET_OUT_OF_RANGE') return 'gone'
      throw error
    }
  }

  async #fetch(topic: string, partition: number, offset: number): Promise<FetchedRange> {
    const cluster = await this.#connected(topic)
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new ClientError('The partition has no leader.', { isPassing: true })
    const broker = await cluster.findBroker({ nodeId })
    const { responses } = await broker.fetch({
      maxWaitTime: 250,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] }],
      rackId: '',
    })
    const data = responses[0]?.partitions[0]
    if (!data) throw new ClientError('The answer has no records.', { isPassing: true })
    const batch = new Batch(topic, String(offset), data)
    const { messages } = batch
    return {
      next: batch.rawMessages.length === 0 ? offset : Math.max(offset, Number(batch.lastOffset())) + 1,
      between: (from, to) =>
        messages
          .slice(indexOf(messages, from), indexOf(messages, to))
          .map(message => toLogRecord(message, topic, partition)),
    }
  }

  async #connected(topic: string): Promise<Cluster> {
    this.#cluster ??= openCluster(this.#settings, this.#clientId)
    const cluster = await this.#cluster
    await cluster.addTargetTopic(topic)
    await cluster.refreshMetadataIfNecessary()
    return cluster
  }

  async disconnect(): Promise<void> {
    const opening = this.#cluster
    this.#cluster = undefined
    await opening?.then(cluster => cluster.disconnect()).catch(() => {})
  }
}

/** Where the first message at or after an offset is; parsing the offset of each of thousands costs more than what is read. */
function indexOf(messages: Batch['messages'], offset: number): number {
  let [low, high] = [0, messages.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Number(messages[middle]!.offset) < offset) low = middle + 1
    else high = middle
  }
  return low
}
