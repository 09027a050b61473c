/* For a client library of one's own: the adapter of Kafka over it. */
export type {
  ClientLibrary,
  Committed,
  ConnectedAdmin,
  ConnectedProducer,
  FetchedBatch,
  FetchedRange,
  Fetcher,
  FoundSetting,
  FoundTopic,
  FoundTopics,
  Membership,
  MembershipHandler,
  NewTopic,
  OffsetToCommit,
  PartitionRange,
  TopicPartition,
} from './kafka/client-library.ts'
export { ClientError, errorType, isPassing } from './kafka/kafka-errors.ts'
export { createEventLogOver } from './kafka/kafka-event-log.ts'
export { settingsOf } from './kafka/kafka-options.ts'
export { recordBytes } from './record-size.ts'
