import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { cassandraMartFromEnv } from '@millrace/mart'
import {
  type Component,
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  loadConfig,
  runService,
  systemClock,
} from '@millrace/runtime'
import { createRunner } from '@millrace/stream'
import { startBehindTables } from './await-tables.ts'
import { martWriterEnv } from './config.ts'
import { createMartWriterTopology, martWriterTables } from './topology.ts'

/** Runs the mart writer between Kafka and Cassandra until it is stopped. */
export async function runMartWriter(variables: Readonly<Record<string, string | undefined>>): Promise<never> {
  const config = loadConfig(variables, martWriterEnv)
  const clock = systemClock
  const logger = createLogger('mart-writer', { level: config.LOG_LEVEL })
  const metrics = createServiceMetrics('mart-writer')
  const health = createHealth()
  const log = kafkaEventLogFromEnv(config, { clock, logger, clientId: 'mart-writer' })
  const mart = cassandraMartFromEnv(config, { clock, logger })
  const runner = createRunner({
    topology: createMartWriterTopology({ mart, metrics, logger }),
    log,
    clock,
    logger,
    metrics,
    health,
    options: {
      maxInFlightBytes: config.IN_FLIGHT_BUDGET,
      maxBatchBytes: config.MAX_BATCH,
      concurrency: config.CONCURRENCY,
      retry: { deadlineMs: config.RETRY_DEADLINE },
    },
  })
  const writing = startBehindTables(runner, {
    mart,
    tables: martWriterTables,
    schema: config.MART_SCHEMA,
    clock,
    logger,
    health,
  })
  const closing = (name: string, stop: () => Promise<void>): Component => ({ name, start: async () => {}, stop })
  const admin = createAdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    registry: metrics.registry,
  })
  return runService({
    logger,
    clock,
    components: [admin, closing('event-log', () => log.close()), closing('mart', () => mart.close()), writing],
    finished: writing.finished,
    drainDelayMs: config.DRAIN_DELAY,
    stopDeadlineMs: config.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
