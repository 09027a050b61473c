import type { Producer } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { OutgoingRecord } from '../../event-log.ts'
import type { ConnectedProducer, TopicPartition } from '../client-library.ts'
import { ClientError } from '../kafka-errors.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { calling } from './client-errors.ts'
import { createKafkaClient } from './connection-config.ts'

const COMPRESSION = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const

/**
 * An idempotent kafkajs producer. A batch that was stored although its answer was lost is recognised when it is sent again;
 * a batch that is given up makes it unusable, because kafkajs uses its sequence numbers again for other records.
 */
export class KafkaJsProducer implements ConnectedProducer {
  readonly #producer: Producer
  readonly #compression: number

  private constructor(producer: Producer, compression: number) {
    this.#producer = producer
    this.#compression = compression
  }

  static connect(settings: KafkaSettings, clientId: string): Promise<KafkaJsProducer> {
    const producer = createKafkaClient(settings, clientId).producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      // The send queue retries for longer; kafkajs insists on one retry of an idempotent send.
      retry: { retries: 1 },
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    })
    return calling(async () => {
      try {
        await producer.connect()
      } catch (error) {
        producer.disconnect().catch(() => {})
        throw error
      }
      return new KafkaJsProducer(producer, COMPRESSION[settings.compression])
    })
  }

  /**
   * kafkajs resolves a send also when it skipped the partition (its leader was unknown at that moment), so only an answer
   * that names the partition counts.
   */
  send({ topic, partition }: TopicPartition, records: readonly OutgoingRecord[]): Promise<number> {
    const messages = records.map(({ key, value, timestampMs, traceparent }) => {
      // Null: it removes the key from a compacted topic.
      const message = { key, value: value.length === 0 ? null : value, partition, timestamp: String(timestampMs) }
      return traceparent === undefined ? message : { ...message, headers: { traceparent } }
    })
    return calling(async () => {
      const answers = await this.#producer.send({ topic, acks: -1, compression: this.#compression, messages })
      const answer = answers.find(candidate => candidate.partition === partition)
      const offset = Number(answer?.baseOffset ?? -1)
      if (answer?.errorCode !== 0 || offset < 0)
        throw new ClientError('The broker did not say where the records are.', { isPassing: true })
      return offset
    })
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect()
  }
}
