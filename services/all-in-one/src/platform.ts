import path from 'node:path'
import type { Catalog } from '@millrace/contracts'
import { createEmbeddedEventLog, createKafkaEventLog, type EventLog, type TopicReport } from '@millrace/event-log'
import { createDirectoryLake, createWebHdfsLake, type Lake } from '@millrace/lake'
import { createCassandraMart, createEmbeddedMart, type Mart, type MartRetention } from '@millrace/mart'
import { type Clock, type Logger, lockDirectory } from '@millrace/runtime'
import type { StackAddresses } from '@millrace/testing'

/** The three stores behind the services, and where they are, for people. */
export interface Platform {
  readonly kind: 'embedded' | 'servers'
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly locations: { readonly log: string; readonly lake: string; readonly mart: string }
  close(): Promise<void>
}

/** Three stores as a platform; closing it closes them. */
export function composePlatform(
  kind: Platform['kind'],
  { log, lake, mart }: Pick<Platform, 'log' | 'lake' | 'mart'>,
  logLocation: string,
): Platform {
  return {
    kind,
    log,
    lake,
    mart,
    locations: { log: logLocation, lake: lake.location, mart: mart.location },
    close: async () => {
      await mart.close()
      await lake.close()
      await log.close()
    },
  }
}

/**
 * Opens a platform under the lock of the folder in which this process writes; closing it releases the lock.
 * @throws LockError `directory_in_use`
 */
export async function openLocked(directory: string, logger: Logger, open: () => Promise<Platform>): Promise<Platform> {
  const release = await lockDirectory(directory, logger)
  try {
    const platform = await open()
    return { ...platform, close: () => platform.close().finally(release) }
  } catch (error) {
    await release()
    throw error
  }
}

interface Parts {
  readonly clock: Clock
  readonly logger: Logger
  /** How long rows of the mart are kept. */
  readonly retention?: MartRetention
}

/** Stores in a folder: `log/`, `lake/` and `mart.db`. The caller holds the lock of the folder. */
export async function openEmbeddedPlatform(directory: string, { clock, logger, retention }: Parts): Promise<Platform> {
  const log = await createEmbeddedEventLog({ directory: path.join(directory, 'log'), clock, logger })
  try {
    const lake = await createDirectoryLake({ directory: path.join(directory, 'lake') })
    const file = path.join(directory, 'mart.db')
    const mart = await createEmbeddedMart({ file, clock, ...(retention && { retention }) })
    return composePlatform('embedded', { log, lake, mart }, path.join(directory, 'log'))
  } catch (error) {
    await log.close()
    throw error
  }
}

const serversNeeded = (what: string): Error => new Error(`${what} needed: start the servers with "millrace stack up".`)

/** The log of servers, and where it is, for people. */
export function openServerLog({ kafka }: StackAddresses, { clock, logger }: Parts) {
  if (!kafka) throw serversNeeded('Kafka is')
  const log = createKafkaEventLog({ brokers: [...kafka.brokers], clientId: 'millrace', clock, logger })
  return { log, location: `Kafka at ${kafka.brokers.join(', ')}` }
}

/** The mart of servers; the keyspace is `millrace`. */
export function openServerMart({ cassandra }: StackAddresses, parts: Parts): Mart {
  if (!cassandra) throw serversNeeded('Cassandra is')
  const contactPoints = [...cassandra.contactPoints]
  return createCassandraMart({ ...cassandra, contactPoints, keyspace: 'millrace', ...parts })
}

/** Stores on servers; lake root and keyspace are `/millrace/lake` and `millrace`. */
export async function openServerPlatform(addresses: StackAddresses, parts: Parts): Promise<Platform> {
  const { kafka, hdfs, cassandra } = addresses
  if (!kafka || !hdfs || !cassandra) throw serversNeeded('Kafka, HDFS and Cassandra are all')
  const { log, location } = openServerLog(addresses, parts)
  const lake = createWebHdfsLake({ nameNodes: [...hdfs.nameNodes], user: hdfs.user, root: '/millrace/lake', ...parts })
  return composePlatform('servers', { log, lake, mart: openServerMart(addresses, parts) }, location)
}

/** Creates every topic and table of the contracts that is missing. */
export async function ensurePlatform(
  { log, mart }: Pick<Platform, 'log' | 'mart'>,
  { topics, tables }: Catalog,
): Promise<readonly TopicReport[]> {
  const [reports] = await Promise.all([log.ensureTopics(topics), mart.ensureTables(tables)])
  return reports
}
