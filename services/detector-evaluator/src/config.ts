import { kafkaEnv } from '@millrace/event-log'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the evaluator; every name has the prefix MILLRACE_. */
export const detectorEvaluatorEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  /** How long a scored action waits for its label, by event time of its player; without one it counts as not altered. */
  TRUTH_LATENESS: env.duration().prefault('5m'),
  /** Players with state in memory, per partition. */
  MAX_PLAYERS: env.integer({ min: 1 }).prefault('1000000'),
} as const
