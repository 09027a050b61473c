import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createKeyedMetrics, runStreamService } from '@millrace/stream'
import { anomalyScorerEnv } from './config.ts'
import { createFeatureMetrics, createVerdictTally } from './metrics.ts'
import { loadBuiltInModel, loadModel } from './models/load-model.ts'
import { createAnomalyScorerTopology } from './topology.ts'

/** Runs the scorer on Kafka until it is stopped. */
export const runAnomalyScorer = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'anomaly-scorer',
    env: anomalyScorerEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    async build({ config, ...frame }) {
      const { registry } = frame.metrics
      const model = config.MODEL_FILE === undefined ? loadBuiltInModel() : await loadModel(config.MODEL_FILE)
      createFeatureMetrics(registry, model)
      const topology = createAnomalyScorerTopology({
        model,
        allowedLatenessMs: config.ALLOWED_LATENESS,
        publishScores: config.PUBLISH_SCORES,
        maxPlayers: config.MAX_PLAYERS,
        logger: frame.logger,
        metrics: createKeyedMetrics('anomaly-scorer', registry),
        tally: createVerdictTally(registry, model),
      })
      return { topologies: [topology] }
    },
  })
