import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createSegmentBudget, webHdfsLakeFromEnv } from '@millrace/lake'
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
import { archiverEnv } from './config.ts'
import { createLakeArchiverTopology } from './topology.ts'

/** Runs the archiver from Kafka to HDFS until it is stopped. */
export async function runArchiver(variables: Readonly<Record<string, string | undefined>>): Promise<never> {
  const config = loadConfig(variables, archiverEnv)
  const clock = systemClock
  const logger = createLogger('lake-archiver', { level: config.LOG_LEVEL })
  const metrics = createServiceMetrics('lake-archiver')
  const health = createHealth()
  const log = kafkaEventLogFromEnv(config, { clock, logger })
  const lake = webHdfsLakeFromEnv(config, { clock, logger })
  const topology = createLakeArchiverTopology({
    lake,
    clock,
    logger,
    metrics,
    spoolDirectory: config.SPOOL_DIRECTORY,
    budget: createSegmentBudget({
      maxMemoryBytes: config.SEGMENT_MEMORY_BUDGET,
      maxSpoolBytes: config.SPOOL_BUDGET,
      maxOpenSegments: config.OPEN_SEGMENT_BUDGET,
    }),
    format: config.LAKE_FORMAT,
    maxBytes: config.SEGMENT_MAX_BYTES,
    maxRows: config.SEGMENT_MAX_ROWS,
    maxAgeMs: config.SEGMENT_MAX_AGE,
    maxHours: config.SEGMENT_MAX_HOURS,
  })
  const runner = createRunner({ topology, log, clock, logger, metrics, health })
  const closing = (name: string, stop: () => Promise<void>): Component => ({ name, start: async () => {}, stop })
  return runService({
    logger,
    clock,
    components: [
      createAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, health, registry: metrics.registry }),
      closing('event-log', () => log.close()),
      closing('lake', () => lake.close()),
      runner,
    ],
    finished: runner.finished,
    drainDelayMs: config.DRAIN_DELAY,
    stopDeadlineMs: config.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
