import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { webhdfsEnv } from '@millrace/lake'
import { cassandraEnv } from '@millrace/mart'
import { ConfigError, env, loadConfig, serviceEnv } from '@millrace/runtime'

/** Environment of the reconciler; every name has the prefix MILLRACE_. */
export const reconcilerEnv = {
  ...serviceEnv,
  ...domainsEnv,
  ...kafkaEnv,
  ...webhdfsEnv,
  ...cassandraEnv,
  /** Between the beginnings of two comparisons. */
  INTERVAL: env.duration().prefault('10m'),
  /** Records of earlier comparisons that are read again in each comparison, and rows of a table of aggregates. */
  AUDIT_RECORDS: env.integer({ max: 1_000_000_000 }).prefault('200000'),
  /** Local folder for one fetched file at a time; with ONCE also for the ids of a topic. Without it the system's folder for temporary files. */
  WORK_DIRECTORY: env.text().optional(),
  /** Compare everything once, print the report and end. */
  ONCE: env.boolean().prefault('false'),
  /** With ONCE: how long the consumers may take to come to the end that the log has at the start. */
  DEADLINE: env.duration().prefault('15m'),
  /** With ONCE: folder of ids that senders know to be acknowledged. */
  LEDGER: env.text().optional(),
  /** With ONCE: how the report is printed. */
  REPORT: env.oneOf(['table', 'json']).prefault('table'),
} as const

/** @throws ConfigError, also where settings do not fit each other */
export function loadReconcilerConfig(variables: Readonly<Record<string, string | undefined>>) {
  const config = loadConfig(variables, reconcilerEnv)
  if (config.LEDGER !== undefined && !config.ONCE)
    throw new ConfigError(['MILLRACE_LEDGER is compared only with MILLRACE_ONCE=true.'])
  return config
}
