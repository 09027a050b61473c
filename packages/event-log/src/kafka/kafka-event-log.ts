import { closeSoon } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { EventLog, LogConsumer, LogProducer } from '../event-log.ts'
import type { ClientLibrary } from './client-library.ts'
import { ensureKafkaTopics } from './ensure-topics.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaConsumer } from './kafka-consumer.ts'
import { type KafkaClientName, type KafkaEventLogOptions, type KafkaSettings, settingsOf } from './kafka-options.ts'
import { createKafkaProducer } from './kafka-producer.ts'
import { RecordReader } from './record-reader.ts'
import { TopicDirectory } from './topic-directory.ts'

const PING_TIMEOUT_MS = 5_000

/** Loaded when it is used: each takes time and memory that the other's users need not spend. */
const libraries: Readonly<Record<KafkaClientName, (settings: KafkaSettings) => Promise<ClientLibrary>>> = {
  kafkajs: async settings => (await import('./kafkajs/library.ts')).kafkaJsLibrary(settings),
  platformatic: async settings => (await import('./platformatic/library.ts')).platformaticLibrary(settings),
}

/** An event log in a Kafka cluster (4.x). Connects when it is first used. */
export function createKafkaEventLog(options: KafkaEventLogOptions): EventLog {
  const settings = settingsOf(options)
  return createEventLogOver(libraries[settings.client], settings)
}

/**
 * An event log over a client library.
 * @param load loads the library when it is first used
 */
export function createEventLogOver(
  load: (settings: KafkaSettings) => Promise<ClientLibrary>,
  settings: KafkaSettings,
): EventLog {
  let loading: Promise<ClientLibrary> | undefined
  const library = (): Promise<ClientLibrary> => {
    loading ??= load(settings)
    return loading
  }
  const admin = new KafkaAdmin(settings, async () => (await library()).connectAdmin(`${settings.clientId}-admin`))
  const topics = new TopicDirectory(admin, settings.clock)
  const reader = new RecordReader(settings, admin, library)
  const producers = new Set<LogProducer>()
  const consumers = new Set<LogConsumer>()
  let closing: Promise<void> | undefined
  const checkOpen = (): void => {
    if (closing) throw logError('log_closed')
  }

  return {
    async ensureTopics(specs) {
      checkOpen()
      const reports = await ensureKafkaTopics(specs, { admin, settings })
      topics.forget()
      return reports
    },
    async producer({ clientId }) {
      checkOpen()
      // What cannot be loaded now is loaded with the first record: a gateway starts without Kafka, and answers 503.
      await topics.loadAll().catch((error: unknown) => settings.logger.debug({ err: error }, 'log_topics_not_loaded'))
      const producer = createKafkaProducer({
        clientId,
        settings,
        topics,
        connect: async id => (await library()).connectProducer(id),
      })
      producers.add(producer)
      return producer
    },
    async consumer(consumerOptions) {
      checkOpen()
      for (const topic of consumerOptions.topics) await admin.partitionCount(topic)
      const onClosed = (): void => void consumers.delete(consumer)
      const consumer = new KafkaConsumer(consumerOptions, { settings, admin, library, onClosed })
      consumers.add(consumer)
      return consumer
    },
    async range(topic) {
      checkOpen()
      return admin.ranges(topic)
    },
    async *read(topic, partition, from, to) {
      checkOpen()
      yield* reader.read(topic, partition, { from, to })
    },
    async committed(group, topic) {
      checkOpen()
      return (await admin.committed(group, [topic])).get(topic) ?? new Map()
    },
    async ping() {
      checkOpen()
      await admin.use('a ping', client => client.brokerCount(), PING_TIMEOUT_MS)
    },
    close() {
      const closeAll = async (): Promise<void> => {
        await Promise.all([...consumers].map(consumer => consumer.close()))
        await Promise.all([...producers].map(producer => producer.close()))
        await reader.close()
        await admin.close()
      }
      closing ??= closeSoon(closeAll(), settings.clock)
      return closing
    },
  }
}
