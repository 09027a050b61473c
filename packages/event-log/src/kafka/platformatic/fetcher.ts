import { ProtocolError } from '@platformatic/kafka'
import type { FetchedRange, Fetcher, TopicPartition } from '../client-library.ts'
import { ClientError, errorType } from '../kafka-errors.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { clientError } from './client-errors.ts'
import { Cluster, isStale } from './cluster.ts'
import { decodeBatches } from './record-batch.ts'
import { fetchBatches } from './record-requests.ts'

const FETCH_BYTES = 4 << 20
const LIMITS = { maxWaitMs: 250, maxBytes: FETCH_BYTES, maxPartitionBytes: FETCH_BYTES }

/** Fetches without a group. */
export class RangeFetcher implements Fetcher {
  readonly #settings: KafkaSettings
  readonly #clientId: string
  #cluster: Cluster | undefined

  constructor(settings: KafkaSettings, clientId: string) {
    this.#settings = settings
    this.#clientId = clientId
  }

  async fetch({ topic, partition }: TopicPartition, offset: number): Promise<FetchedRange | 'gone'> {
    this.#cluster ??= new Cluster(this.#settings, this.#clientId)
    const cluster = this.#cluster
    try {
      const leader = await cluster.leader(topic, partition)
      const [answer] = await cluster.ask(leader, fetchBatches, LIMITS, [{ topic, partition, offset }])
      if (!answer) throw new ClientError('The answer has no records.', { isPassing: true })
      if (answer.errorCode !== 0) throw clientError(new ProtocolError(answer.errorCode))
      const { records, next } = decodeBatches(answer, offset)
      return {
        next,
        between: (from, to) => records.filter(record => record.offset >= from && record.offset < to),
      }
    } catch (error) {
      if (errorType(error) === 'OFFSET_OUT_OF_RANGE') return 'gone'
      if (isStale(error)) cluster.forget(topic)
      throw error
    }
  }

  async disconnect(): Promise<void> {
    this.#cluster?.close()
    this.#cluster = undefined
  }
}
