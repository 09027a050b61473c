import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the gateway; every name has the prefix MILLRACE_. */
export const gatewayEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  ...domainsEnv,
  HTTP_HOST: env.text().prefault('127.0.0.1'),
  HTTP_PORT: env.integer({ max: 65_535 }).prefault('8080'),
  /** JSON file of API keys, hashed; read again when it changes. */
  KEYS_FILE: env.text(),
  KEYS_POLL: env.duration().prefault('2s'),
  /** Gateways that share the quotas of the keys. */
  REPLICAS: env.integer({ min: 1, max: 10_000 }).prefault('1'),
  ACK_DEADLINE: env.duration().prefault('10s'),
  MAX_RECORDS: env.integer({ min: 1, max: 1_000_000 }).prefault('10000'),
  MAX_BODY: env.bytes().prefault('8MiB'),
  MAX_DECODED_BODY: env.bytes().prefault('32MiB'),
  IN_FLIGHT_BUDGET: env.bytes().prefault('128MiB'),
  REQUEST_TIMEOUT: env.duration().prefault('30s'),
  IDLE_TIMEOUT: env.duration().prefault('75s'),
  MAX_CONNECTIONS: env.integer({ min: 1, max: 1_000_000 }).prefault('2000'),
} as const
