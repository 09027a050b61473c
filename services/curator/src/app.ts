import { kafkaEventLogFromEnv } from '@millrace/event-log'
import {
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  loadConfig,
  runService,
  systemClock,
} from '@millrace/runtime'
import { createKeyedMetrics, createRunner } from '@millrace/stream'
import { curatorEnv } from './config.ts'
import { createCuratorTopology } from './topology.ts'

/** Runs the curator on Kafka until it is stopped. */
export async function runCurator(variables: Readonly<Record<string, string | undefined>>): Promise<never> {
  const config = loadConfig(variables, curatorEnv)
  const clock = systemClock
  const logger = createLogger('curator', { level: config.LOG_LEVEL })
  const service = createServiceMetrics('curator')
  const metrics = createKeyedMetrics('curator', service.registry)
  const health = createHealth()
  const log = kafkaEventLogFromEnv(config, { clock, logger, clientId: 'curator' })
  const topology = createCuratorTopology({
    allowedLatenessMs: config.ALLOWED_LATENESS,
    horizonMs: config.HORIZON,
    maxPlayers: config.MAX_PLAYERS,
    logger,
    metrics,
  })
  const runner = createRunner({ topology, log, clock, logger, metrics: service, health })
  return runService({
    logger,
    clock,
    components: [
      createAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, health, registry: service.registry }),
      { name: 'event-log', start: async () => {}, stop: () => log.close() },
      runner,
    ],
    finished: runner.finished,
    drainDelayMs: config.DRAIN_DELAY,
    stopDeadlineMs: config.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
