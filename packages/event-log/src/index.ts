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
