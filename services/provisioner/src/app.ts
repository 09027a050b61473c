import { catalogOf, catalog as everyDomain } from '@millrace/domains/contracts'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { cassandraMartFromEnv } from '@millrace/mart'
import { createLogger, systemClock } from '@millrace/runtime'
import { loadProvisionerConfig, needed } from './config.ts'
import { provisionMart } from './provision-mart.ts'
import { provisionTopics } from './provision-topics.ts'
import { withSettings } from './topic-settings.ts'
import { untilDone } from './until-done.ts'

/**
 * Makes what is missing of the topics or of the mart, once.
 * @param say is told what is waited for
 * @returns one line that says what was changed
 */
export async function runProvisioner(
  variables: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<string> {
  const config = loadProvisionerConfig(variables)
  const clock = systemClock
  const logger = createLogger('provisioner', { level: config.LOG_LEVEL })
  const catalog = catalogOf(config.DOMAINS)
  const waiting = { deadlineMs: config.DEADLINE, clock, say }
  if (config.PROVISION === 'topics') {
    const KAFKA_BROKERS = needed(config.KAFKA_BROKERS, 'KAFKA_BROKERS', 'topics')
    const topics = withSettings(catalog.topics, {
      partitions: config.TOPIC_PARTITIONS ?? new Map(),
      retentionMs: config.TOPIC_RETENTION ?? new Map(),
    })
    const log = kafkaEventLogFromEnv({ ...config, KAFKA_BROKERS }, { clock, logger, clientId: 'provisioner' })
    return untilDone(() => provisionTopics(log, topics), waiting)
  }
  const CASSANDRA_CONTACT_POINTS = needed(config.CASSANDRA_CONTACT_POINTS, 'CASSANDRA_CONTACT_POINTS', 'mart')
  // One attempt at a time: waiting, and saying what for, is done here.
  const settings = { ...config, CASSANDRA_CONTACT_POINTS, CASSANDRA_START_TIMEOUT: 0 }
  const mart = cassandraMartFromEnv(settings, { clock, logger, tables: everyDomain.tables })
  return untilDone(() => provisionMart(mart, catalog.tables), waiting)
}
