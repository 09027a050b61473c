import { kafkaEnv } from '@millrace/event-log'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the scorer; every name has the prefix MILLRACE_. */
export const anomalyScorerEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  /** JSON file of the model, or the name of one that comes with the service: additive-evidence-1 (default) or time-aware-rule-1. */
  MODEL_FILE: env.text().optional(),
  /** false publishes alerts only. */
  PUBLISH_SCORES: env.boolean().prefault('true'),
  /** How much older than the newest of its player a move may be and still be judged by the moves around it. */
  ALLOWED_LATENESS: env.duration().prefault('2m'),
  /** Players with state in memory, per partition. */
  MAX_PLAYERS: env.integer({ min: 1 }).prefault('1000000'),
} as const
