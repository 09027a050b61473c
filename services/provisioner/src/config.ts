import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { cassandraEnv } from '@millrace/mart'
import { ConfigError, env, LOG_LEVELS, loadConfig } from '@millrace/runtime'
import { topicSettingsEnv } from './topic-settings.ts'

/** Environment of the provisioner; every name has the prefix MILLRACE_. */
export const provisionerEnv = {
  ...kafkaEnv,
  ...cassandraEnv,
  ...domainsEnv,
  ...topicSettingsEnv,
  /** What is made: the topics in Kafka, or the keyspace and the tables of the mart. */
  PROVISION: env.oneOf(['topics', 'mart']),
  /** How long a server that is not there yet is waited for. */
  DEADLINE: env.duration().prefault('10m'),
  LOG_LEVEL: env.oneOf(LOG_LEVELS).prefault('error'),
  /** Needed with PROVISION=topics. */
  KAFKA_BROKERS: kafkaEnv.KAFKA_BROKERS.optional(),
  /** Needed with PROVISION=mart. */
  CASSANDRA_CONTACT_POINTS: cassandraEnv.CASSANDRA_CONTACT_POINTS.optional(),
} as const

export const loadProvisionerConfig = (variables: Readonly<Record<string, string | undefined>>) =>
  loadConfig(variables, provisionerEnv)

/** A value that only one way of provisioning needs. */
export function needed<T>(value: T | undefined, name: string, provision: string): T {
  if (value !== undefined) return value
  throw new ConfigError([`MILLRACE_${name} is missing: a value is needed with MILLRACE_PROVISION=${provision}.`])
}
