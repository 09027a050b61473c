export { createEmbeddedEventLog, type EmbeddedEventLogOptions } from './embedded/embedded-event-log.ts'
export { openEmbeddedLogReader } from './embedded/embedded-log-reader.ts'
export { logError, logErrors } from './errors.ts'
export type {
  AppendResult,
  Assignment,
  CommitPosition,
  ConsumerEvent,
  ConsumerOptions,
  EventLog,
  LogConsumer,
  LogProducer,
  LogReader,
  LogRecord,
  OutgoingRecord,
  TopicReport,
  TopicSpec,
} from './event-log.ts'
export { type KafkaConfigValues, kafkaEnv, kafkaEventLogFromEnv } from './kafka/kafka-env.ts'
export { createKafkaEventLog } from './kafka/kafka-event-log.ts'
export type {
  BrokerAddress,
  KafkaClientName,
  KafkaCompression,
  KafkaEventLogOptions,
  KafkaSasl,
  KafkaTls,
} from './kafka/kafka-options.ts'
export { kafkaClients } from './kafka/kafka-options.ts'
export { partitionOfKey } from './murmur2.ts'
