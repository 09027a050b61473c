import { readFileSync } from 'node:fs'
import { type Clock, ConfigError, env, type Logger, type Secret } from '@millrace/runtime'
import type { EventLog } from '../event-log.ts'
import { createKafkaEventLog } from './kafka-event-log.ts'
import { DEFAULT_KAFKA_CLIENT, type KafkaClientName, type KafkaEventLogOptions, kafkaClients } from './kafka-options.ts'

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** Variables of every service that uses Kafka; spread into its configuration. */
export const kafkaEnv = {
  KAFKA_BROKERS: env.list(),
  KAFKA_CLIENT: env.oneOf(kafkaClients).prefault(DEFAULT_KAFKA_CLIENT),
  KAFKA_CLIENT_ID: env.text().optional(),
  KAFKA_TLS: env.boolean().prefault('false'),
  KAFKA_CA_FILE: env.text().optional(),
  KAFKA_CERT_FILE: env.text().optional(),
  KAFKA_KEY_FILE: env.text().optional(),
  KAFKA_SASL_MECHANISM: env.oneOf(SASL_MECHANISMS).optional(),
  KAFKA_SASL_USERNAME: env.text().optional(),
  KAFKA_SASL_PASSWORD: env.secret().optional(),
  KAFKA_REPLICATION_FACTOR: env.integer({ min: 1, max: 15 }).optional(),
  KAFKA_COMPRESSION: env.oneOf(['none', 'gzip', 'zstd'] as const).prefault('none'),
  KAFKA_LINGER: env.duration().prefault('2ms'),
  KAFKA_MAX_IN_FLIGHT_BYTES: env.bytes().prefault('64MiB'),
  KAFKA_REQUEST_TIMEOUT: env.duration().prefault('10s'),
} as const

export interface KafkaConfigValues {
  readonly KAFKA_BROKERS: readonly string[]
  readonly KAFKA_CLIENT: KafkaClientName
  readonly KAFKA_CLIENT_ID?: string | undefined
  readonly KAFKA_TLS: boolean
  readonly KAFKA_CA_FILE?: string | undefined
  readonly KAFKA_CERT_FILE?: string | undefined
  readonly KAFKA_KEY_FILE?: string | undefined
  readonly KAFKA_SASL_MECHANISM?: (typeof SASL_MECHANISMS)[number] | undefined
  readonly KAFKA_SASL_USERNAME?: string | undefined
  readonly KAFKA_SASL_PASSWORD?: Secret | undefined
  readonly KAFKA_REPLICATION_FACTOR?: number | undefined
  readonly KAFKA_COMPRESSION: 'none' | 'gzip' | 'zstd'
  readonly KAFKA_LINGER: number
  readonly KAFKA_MAX_IN_FLIGHT_BYTES: number
  readonly KAFKA_REQUEST_TIMEOUT: number
}

/**
 * The event log that the environment describes.
 * @param config values of `kafkaEnv`
 * @throws ConfigError with every problem: unreadable files, incomplete SASL settings, files without TLS
 */
export function kafkaEventLogFromEnv(
  config: KafkaConfigValues,
  parts: { readonly clock: Clock; readonly logger: Logger; readonly clientId?: string },
): EventLog {
  return createKafkaEventLog(kafkaOptionsFromEnv(config, parts))
}

export function kafkaOptionsFromEnv(
  config: KafkaConfigValues,
  parts: { readonly clock: Clock; readonly logger: Logger; readonly clientId?: string },
): KafkaEventLogOptions {
  const { clientId = 'millrace', clock, logger } = parts
  const problems: string[] = []
  const file = (name: 'KAFKA_CA_FILE' | 'KAFKA_CERT_FILE' | 'KAFKA_KEY_FILE'): string | undefined => {
    const path = config[name]
    if (path === undefined) return undefined
    if (!config.KAFKA_TLS) problems.push(`MILLRACE_${name} is set, but MILLRACE_KAFKA_TLS is not true.`)
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      problems.push(`MILLRACE_${name} is ${JSON.stringify(path)}: cannot be read (${(error as Error).message}).`)
      return undefined
    }
  }
  const ca = file('KAFKA_CA_FILE')
  const cert = file('KAFKA_CERT_FILE')
  const key = file('KAFKA_KEY_FILE')
  if ((config.KAFKA_CERT_FILE === undefined) !== (config.KAFKA_KEY_FILE === undefined))
    problems.push('MILLRACE_KAFKA_CERT_FILE and MILLRACE_KAFKA_KEY_FILE belong together: set both or neither.')
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config
  const given = [mechanism, username, password].filter(value => value !== undefined).length
  if (given !== 0 && given !== 3)
    problems.push('MILLRACE_KAFKA_SASL_MECHANISM, _USERNAME and _PASSWORD belong together: set all or none.')
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    brokers: config.KAFKA_BROKERS,
    client: config.KAFKA_CLIENT,
    clientId: config.KAFKA_CLIENT_ID ?? clientId,
    clock,
    logger,
    compression: config.KAFKA_COMPRESSION,
    lingerMs: config.KAFKA_LINGER,
    maxInFlightBytes: config.KAFKA_MAX_IN_FLIGHT_BYTES,
    requestTimeoutMs: config.KAFKA_REQUEST_TIMEOUT,
    ...(config.KAFKA_REPLICATION_FACTOR === undefined ? {} : { replicationFactor: config.KAFKA_REPLICATION_FACTOR }),
    ...(config.KAFKA_TLS ? { tls: { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) } } : {}),
    ...(mechanism && username && password ? { sasl: { mechanism, username, password: password.reveal() } } : {}),
  }
}
