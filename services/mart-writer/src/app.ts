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
  let tablesReady = false
  health.addReadiness('mart', () => (tablesReady ? null : `waiting for the tables in ${mart.location}`))
  const stores: Component[] = [
    { name: 'event-log', start: async () => {}, stop: () => log.close() },
    {
      name: 'mart',
      start: async () => {
        await mart.ensureTables(martWriterTables)
        tablesReady = true
      },
      stop: () => mart.close(),
    },
  ]
  const admin = createAdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    registry: metrics.registry,
  })
  return runService({
    logger,
    clock,
    components: [admin, ...stores, runner],
    finished: runner.finished,
    drainDelayMs: config.DRAIN_DELAY,
    stopDeadlineMs: config.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
