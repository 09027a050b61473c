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
import { anomalyScorerEnv } from './config.ts'
import { createVerdictTally } from './metrics.ts'
import { loadBuiltInModel, loadModel } from './models/load-model.ts'
import { createAnomalyScorerTopology } from './topology.ts'

/** Runs the scorer on Kafka until it is stopped. */
export async function runAnomalyScorer(variables: Readonly<Record<string, string | undefined>>): Promise<never> {
  const config = loadConfig(variables, anomalyScorerEnv)
  const clock = systemClock
  const logger = createLogger('anomaly-scorer', { level: config.LOG_LEVEL })
  const service = createServiceMetrics('anomaly-scorer')
  const metrics = createKeyedMetrics('anomaly-scorer', service.registry)
  const health = createHealth()
  const log = kafkaEventLogFromEnv(config, { clock, logger, clientId: 'anomaly-scorer' })
  const model = config.MODEL_FILE === undefined ? loadBuiltInModel() : await loadModel(config.MODEL_FILE)
  const topology = createAnomalyScorerTopology({
    model,
    allowedLatenessMs: config.ALLOWED_LATENESS,
    publishScores: config.PUBLISH_SCORES,
    maxPlayers: config.MAX_PLAYERS,
    logger,
    metrics,
    tally: createVerdictTally(service.registry, model),
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
