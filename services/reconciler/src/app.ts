import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { catalogOf, catalog as everyDomain } from '@millrace/domains/contracts'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { webHdfsLakeFromEnv } from '@millrace/lake'
import { cassandraMartFromEnv } from '@millrace/mart'
import {
  type Component,
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  runService,
  systemClock,
} from '@millrace/runtime'
import { Comparer } from './comparer.ts'
import { loadReconcilerConfig } from './config.ts'
import { reconcileOnce } from './reconcile-once.ts'
import { createReconciler } from './reconciler.ts'
import { createReconcilerMetrics } from './reconciler-metrics.ts'
import { reportLines } from './report-lines.ts'
import { createStoreWatch } from './store-watch.ts'

const DIFFERENT = 3

/**
 * Compares log, lake and mart: at intervals until it is stopped, or once.
 * @param print takes the lines of the report
 * @returns the exit code of a single comparison: 0 where nothing is wrong, 3 where something is
 */
export async function runReconciler(
  variables: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<number> {
  const config = loadReconcilerConfig(variables)
  const clock = systemClock
  // Standard output belongs to the report.
  const destination = config.ONCE ? { destination: process.stderr } : {}
  const logger = createLogger('reconciler', { level: config.LOG_LEVEL, ...destination })
  const log = kafkaEventLogFromEnv(config, { clock, logger, clientId: 'reconciler' })
  const lake = webHdfsLakeFromEnv(config, { clock, logger })
  const mart = cassandraMartFromEnv(config, { clock, logger, tables: everyDomain.tables })
  const workDirectory = await mkdtemp(path.join(config.WORK_DIRECTORY ?? tmpdir(), 'millrace-reconciler-'))
  const stores = { catalog: catalogOf(config.DOMAINS), log, lake, mart, clock, workDirectory }

  if (config.ONCE) {
    try {
      const ledger = config.LEDGER === undefined ? {} : { ledger: config.LEDGER }
      const onWait = (reason: string): void => logger.info({ reason }, 'waiting')
      const report = await reconcileOnce({ ...stores, ...ledger, deadlineMs: config.DEADLINE, onWait })
      for (const line of config.REPORT === 'json' ? [JSON.stringify(report)] : reportLines(report)) print(line)
      return report.ok ? 0 : DIFFERENT
    } finally {
      await rm(workDirectory, { recursive: true, force: true })
    }
  }

  const core = createServiceMetrics('reconciler')
  const metrics = createReconcilerMetrics(core, clock)
  const health = createHealth()
  const comparer = new Comparer({
    ...stores,
    metrics,
    auditRecords: config.AUDIT_RECORDS,
    onExpired: (topic, comparisons) =>
      logger.warn({ topic, examples: comparisons.flatMap(({ examples }) => examples) }, 'differences_expired'),
  })
  const closing = (name: string, stop: () => Promise<void>): Component => ({ name, start: async () => {}, stop })
  return runService({
    logger,
    clock,
    components: [
      createAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, health, registry: core.registry }),
      closing('work-directory', () => rm(workDirectory, { recursive: true, force: true })),
      closing('event-log', () => log.close()),
      closing('lake', () => lake.close()),
      closing('mart', () => mart.close()),
      createStoreWatch(
        { 'event-log': () => log.ping(), lake: () => lake.ping(), mart: () => mart.ping() },
        { clock, logger, health },
      ),
      createReconciler({ comparer, intervalMs: config.INTERVAL, clock, logger, metrics, health }),
    ],
    drainDelayMs: config.DRAIN_DELAY,
    stopDeadlineMs: config.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
