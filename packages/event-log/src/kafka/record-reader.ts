import type Cluster from 'kafkajs/src/cluster/index.js'
import Batch from 'kafkajs/src/consumer/batch.js'
import { logError } from '../errors.ts'
import type { LogRecord } from '../event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { errorType, isPassing, kafkaError } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { openCluster, READ_COMMITTED } from './kafkajs/cluster.ts'
import { toLogRecord } from './partition-delivery.ts'

const FETCH_BYTES = 4 << 20
const ATTEMPTS = 6
/** An open transaction hides what follows it; how often that is asked for again, a quarter of a second each. */
const EMPTY_FETCHES = 40

/** Reads ranges without a group, by the parts of kafkajs beneath its consumer, which always joins one. */
export class RecordReader {
  readonly #settings: KafkaSettings
  readonly #admin: KafkaAdmin
  #cluster: Cluster | undefined
  /** What was fetched last: who reads short ranges one after the other gets them out of one fetch. */
  #fetched:
    | { readonly topic: string; readonly partition: number; readonly from: number; readonly batch: Batch }
    | undefined

  constructor(settings: KafkaSettings, admin: KafkaAdmin) {
    this.#settings = settings
    this.#admin = admin
  }

  async *read(
    topic: string,
    partition: number,
    { from, to }: { readonly from: number; readonly to: number },
  ): AsyncGenerator<readonly LogRecord[]> {
    const ranges = await this.#admin.ranges(topic)
    const range = ranges.find(candidate => candidate.partition === partition)
    if (!range) throw logError('unknown_topic', { topic: `${topic}/${partition}` })
    const last = Math.min(to, range.end)
    let emptyFetches = 0
    for (let next = Math.max(from, range.earliest); next < last; ) {
      const batch = this.#alreadyFetched(topic, partition, next) ?? (await this.#fetch(topic, partition, next))
      if (batch === 'gone') {
        const now = (await this.#admin.ranges(topic)).find(candidate => candidate.partition === partition)
        if (!now || now.earliest <= next) return
        next = now.earliest
        continue
      }
      const { messages } = batch
      const records = messages
        .slice(indexOf(messages, next), indexOf(messages, last))
        .map(message => toLogRecord(message, topic, partition))
      if (batch.rawMessages.length === 0) {
        if (++emptyFetches === EMPTY_FETCHES)
          throw logError('log_unavailable', {
            where: `${topic}/${partition}`,
            reason: `nothing comes from offset ${next} on`,
          })
        continue
      }
      emptyFetches = 0
      // Also a batch without records for us says how far it went: over those of aborted transactions, for example.
      next = Math.max(next, Number(batch.lastOffset())) + 1
      if (records.length > 0) yield records
    }
  }

  #alreadyFetched(topic: string, partition: number, offset: number): Batch | undefined {
    const fetched = this.#fetched
    if (fetched?.topic !== topic || fetched.partition !== partition || fetched.batch.rawMessages.length === 0) return
    return offset >= fetched.from && offset <= Number(fetched.batch.lastOffset()) ? fetched.batch : undefined
  }

  async #fetch(topic: string, partition: number, offset: number): Promise<Batch | 'gone'> {
    const { clock, brokers } = this.#settings
    for (let attempt = 1; ; attempt++) {
      try {
        const cluster = await this.#connected(topic)
        const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
        if (nodeId === undefined) throw Object.assign(new Error('The partition has no leader.'), { retriable: true })
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
        if (!data) throw Object.assign(new Error('The answer has no records.'), { retriable: true })
        const batch = new Batch(topic, String(offset), data)
        this.#fetched = { topic, partition, from: offset, batch }
        return batch
      } catch (error) {
        if (errorType(error) === 'OFFSET_OUT_OF_RANGE') return 'gone'
        this.#disconnect()
        if (!isPassing(error) || attempt === ATTEMPTS) throw kafkaError(error, `reading ${topic}/${partition}`, brokers)
        await clock.sleep(100 * 2 ** attempt)
      }
    }
  }

  async #connected(topic: string): Promise<Cluster> {
    this.#cluster ??= await openCluster(this.#settings, `${this.#settings.clientId}-reader`)
    await this.#cluster.addTargetTopic(topic)
    await this.#cluster.refreshMetadataIfNecessary()
    return this.#cluster
  }

  #disconnect(): void {
    this.#cluster?.disconnect().catch(() => {})
    this.#cluster = undefined
  }

  async close(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    await cluster?.disconnect().catch(() => {})
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
