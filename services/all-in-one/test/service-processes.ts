import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { serviceOf } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { createKey } from '@millrace/ingest-gateway'
import { type ServiceProcess, type StackAddresses, startService } from '@millrace/testing'

export const SERVICES = [
  'ingest-gateway',
  'curator',
  'aggregator',
  'profiler',
  'sms-gateway',
  'anomaly-scorer',
  'detector-evaluator',
  'lake-archiver',
  'mart-writer',
] as const
export type ServiceName = (typeof SERVICES)[number]

/** How many consumer groups a service has. */
export const groupsOf = (service: string): number =>
  new Set(catalog.topics.flatMap(({ name }) => catalog.groupsOf(name)).filter(group => serviceOf(group) === service))
    .size
export const CLIENT_TOPICS = [...catalog.routes.values()].map(({ name }) => name)

/** Every service in a process of its own, on these servers. */
export async function startServices(
  directory: string,
  { kafka, hdfs, cassandra }: StackAddresses,
  ackDeadlineMs: number,
): Promise<{ readonly services: Readonly<Record<ServiceName, ServiceProcess>>; readonly key: string }> {
  mkdirSync(directory, { recursive: true })
  const keysFile = path.join(directory, 'keys.json')
  const { key } = await createKey(keysFile, { name: 'test', topics: CLIENT_TOPICS }, { topics: CLIENT_TOPICS })
  const own: Record<ServiceName, Record<string, string>> = {
    'ingest-gateway': {
      MILLRACE_KEYS_FILE: keysFile,
      MILLRACE_HTTP_PORT: '0',
      MILLRACE_ACK_DEADLINE: `${ackDeadlineMs}ms`,
    },
    curator: {},
    aggregator: {},
    profiler: {},
    'sms-gateway': {},
    'anomaly-scorer': {},
    'detector-evaluator': {},
    'lake-archiver': {
      MILLRACE_WEBHDFS_URLS: hdfs!.nameNodes.join(','),
      MILLRACE_WEBHDFS_USER: hdfs!.user,
      MILLRACE_SPOOL_DIRECTORY: path.join(directory, 'spool'),
      MILLRACE_SEGMENT_MAX_AGE: '1s',
    },
    'mart-writer': {
      MILLRACE_CASSANDRA_CONTACT_POINTS: cassandra!.contactPoints.join(','),
      MILLRACE_CASSANDRA_PORT: String(cassandra!.port),
      MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: cassandra!.localDataCenter,
    },
  }
  const started = await Promise.all(
    SERVICES.map(async name => {
      const main = fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url))
      return [
        name,
        await startService(main, { MILLRACE_KAFKA_BROKERS: kafka!.brokers.join(','), ...own[name] }),
      ] as const
    }),
  )
  return { services: Object.fromEntries(started) as Record<ServiceName, ServiceProcess>, key }
}

export interface Answer {
  readonly status: number
  readonly retryAfterS: number
  readonly tookMs: number
  readonly stored: readonly string[]
}

/** Notes ids as senders do, for the reconciliation. */
export function writeLedger(directory: string, ids: readonly string[]): string {
  const ledger = path.join(directory, 'ledger')
  mkdirSync(path.join(ledger, 'lol.raw'), { recursive: true })
  writeFileSync(path.join(ledger, 'lol.raw', 'test.ids'), ids.map(id => `${id}\n`).join(''))
  return ledger
}
