import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { cassandraEnv } from '@millrace/mart'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the mart writer; every name has the prefix MILLRACE_. */
export const martWriterEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  ...cassandraEnv,
  ...domainsEnv,
  /** `manage` makes missing tables and columns; `wait` waits until somebody else has made them. */
  MART_SCHEMA: env.oneOf(['manage', 'wait']).prefault('manage'),
  /** Records that are read and not yet written. */
  IN_FLIGHT_BUDGET: env.bytes().prefault('64MiB'),
  /** Most bytes of records that are written at once per partition; more of them share a request. */
  MAX_BATCH: env.bytes().prefault('4MiB'),
  /** Partitions that are written at the same time. */
  CONCURRENCY: env.integer({ min: 1, max: 256 }).prefault('8'),
  /** After Cassandra has been away for this long the process ends. */
  RETRY_DEADLINE: env.duration().prefault('15m'),
} as const
