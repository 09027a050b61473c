import { kafkaEnv } from '@millrace/event-log'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the curator; every name has the prefix MILLRACE_. */
export const curatorEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  /** How much older than the newest of its player an action may be and still find the move before it. */
  ALLOWED_LATENESS: env.duration().prefault('5m'),
  /** After a longer pause a player's move is a first one. */
  HORIZON: env.duration().prefault('5m'),
  /** Players with state in memory, per partition. */
  MAX_PLAYERS: env.integer({ min: 1 }).prefault('1000000'),
} as const
