import { readFileSync } from 'node:fs'
import type { MartTable } from '@millrace/contracts'
import { type Clock, ConfigError, env, type Logger } from '@millrace/runtime'
import type { z } from 'zod'
import type { CassandraOptions } from './cassandra-connection.ts'
import { createCassandraMart } from './cassandra-mart.ts'
import type { Mart } from './mart.ts'
import { martRetentionEnv, resolveRetention } from './retention.ts'

/** The variables of a service that uses Cassandra. */
export const cassandraEnv = {
  CASSANDRA_CONTACT_POINTS: env.list(),
  CASSANDRA_PORT: env.integer({ min: 1, max: 65_535 }).prefault('9042'),
  CASSANDRA_LOCAL_DATA_CENTER: env.text().prefault('datacenter1'),
  CASSANDRA_KEYSPACE: env.text().prefault('millrace'),
  /** `data center:copies`, used only when the keyspace has to be created. */
  CASSANDRA_REPLICATION: env.list().optional(),
  /** Whether a keyspace that is missing may be created. */
  CASSANDRA_CREATE_KEYSPACE: env.boolean().prefault('true'),
  CASSANDRA_USERNAME: env.text().optional(),
  CASSANDRA_PASSWORD: env.secret().optional(),
  CASSANDRA_TLS: env.boolean().prefault('false'),
  CASSANDRA_CA_FILE: env.text().optional(),
  CASSANDRA_CERT_FILE: env.text().optional(),
  CASSANDRA_KEY_FILE: env.text().optional(),
  CASSANDRA_TLS_SERVER_NAME: env.text().optional(),
  CASSANDRA_REQUEST_TIMEOUT: env.duration().prefault('10s'),
  /** How long a Cassandra that is not there yet is waited for at the start. */
  CASSANDRA_START_TIMEOUT: env.duration().prefault('15m'),
  CASSANDRA_MAX_IN_FLIGHT: env.integer({ min: 1, max: 1024 }).prefault('32'),
  ...martRetentionEnv,
} as const

export type CassandraConfig = Readonly<z.output<z.ZodObject<typeof cassandraEnv>>>

/** What the settings say together; the problems are those that one variable alone does not show. */
function cassandraOptions(config: CassandraConfig): Omit<CassandraOptions, 'clock' | 'logger'> {
  const problems: string[] = []
  const replication: Record<string, number> = {}
  for (const item of config.CASSANDRA_REPLICATION ?? []) {
    const match = /^([^:]+):([1-9]\d?)$/.exec(item)
    if (match) replication[match[1]!] = Number(match[2])
    else
      problems.push(
        `MILLRACE_CASSANDRA_REPLICATION is ${JSON.stringify(item)}: expected <data center>:<copies>, e.g. datacenter1:3.`,
      )
  }
  const { CASSANDRA_USERNAME: username, CASSANDRA_PASSWORD: password } = config
  if ((username === undefined) !== (password === undefined))
    problems.push('MILLRACE_CASSANDRA_USERNAME and MILLRACE_CASSANDRA_PASSWORD belong together: set both or neither.')
  const pem = (name: 'CASSANDRA_CA_FILE' | 'CASSANDRA_CERT_FILE' | 'CASSANDRA_KEY_FILE'): string | undefined => {
    const file = config[name]
    if (file === undefined) return undefined
    if (!config.CASSANDRA_TLS) problems.push(`MILLRACE_${name} is set, but MILLRACE_CASSANDRA_TLS is not true.`)
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      problems.push(`MILLRACE_${name} is ${JSON.stringify(file)}: cannot be read (${(error as Error).message}).`)
      return undefined
    }
  }
  const tls = {
    ca: pem('CASSANDRA_CA_FILE'),
    cert: pem('CASSANDRA_CERT_FILE'),
    key: pem('CASSANDRA_KEY_FILE'),
    serverName: config.CASSANDRA_TLS_SERVER_NAME,
  }
  if ((config.CASSANDRA_CERT_FILE === undefined) !== (config.CASSANDRA_KEY_FILE === undefined))
    problems.push('MILLRACE_CASSANDRA_CERT_FILE and MILLRACE_CASSANDRA_KEY_FILE belong together: set both or neither.')
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    contactPoints: config.CASSANDRA_CONTACT_POINTS,
    port: config.CASSANDRA_PORT,
    localDataCenter: config.CASSANDRA_LOCAL_DATA_CENTER,
    keyspace: config.CASSANDRA_KEYSPACE,
    createKeyspace: config.CASSANDRA_CREATE_KEYSPACE,
    requestTimeoutMs: config.CASSANDRA_REQUEST_TIMEOUT,
    startTimeoutMs: config.CASSANDRA_START_TIMEOUT,
    maxInFlight: config.CASSANDRA_MAX_IN_FLIGHT,
    ...(Object.keys(replication).length > 0 ? { replication } : {}),
    ...(username !== undefined && password !== undefined ? { credentials: { username, password } } : {}),
    ...(config.CASSANDRA_TLS ? { tls: definedOf(tls) } : {}),
  }
}

const definedOf = (tls: Readonly<Record<'ca' | 'cert' | 'key' | 'serverName', string | undefined>>) =>
  Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)) as Record<string, string>

/**
 * The mart that the settings name.
 * @param tables every table that the setting of retention may name
 * @throws ConfigError with every setting that does not fit the others
 */
export const cassandraMartFromEnv = (
  config: CassandraConfig,
  { tables, ...parts }: { clock: Clock; logger: Logger; tables: readonly MartTable[] },
): Mart =>
  createCassandraMart({
    ...cassandraOptions(config),
    ...parts,
    ...(config.MART_RETENTION && { retention: resolveRetention(tables, config.MART_RETENTION) }),
  })
