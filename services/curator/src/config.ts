import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the curator; every name has the prefix MILLRACE_. */
export const curatorEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  ...domainsEnv,
  /** How much older than the newest of its key an event may be and still find the event before it. */
  ALLOWED_LATENESS: env.duration().prefault('5m'),
  /** After a longer pause an event of a key is a first one. */
  HORIZON: env.duration().prefault('5m'),
  /** Keys with state in memory, per partition. */
  MAX_KEYS: env.integer({ min: 1 }).prefault('1000000'),
} as const
