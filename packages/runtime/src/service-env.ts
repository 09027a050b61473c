import { env } from './config.ts'
import { LOG_LEVELS } from './logger.ts'

/** Variables that every service has. */
export const serviceEnv = {
  LOG_LEVEL: env.oneOf(LOG_LEVELS).prefault('info'),
  ADMIN_HOST: env.text().prefault('127.0.0.1'),
  ADMIN_PORT: env.integer({ max: 65_535 }).prefault('9464'),
  DRAIN_DELAY: env.duration().prefault('0s'),
  STOP_DEADLINE: env.duration().prefault('25s'),
} as const
