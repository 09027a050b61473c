export { createEmbeddedEventLog, type EmbeddedEventLogOptions } from './embedded/embedded-event-log.ts'
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
  LogRecord,
  OutgoingRecord,
  TopicReport,
  TopicSpec,
} from './event-log.ts'
export { partitionOfKey } from './murmur2.ts'
