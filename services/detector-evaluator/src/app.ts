import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createKeyedMetrics, runStreamService } from '@millrace/stream'
import { detectorEvaluatorEnv } from './config.ts'
import { createTallyMetrics } from './metrics.ts'
import { createDetectorEvaluatorTopologies } from './topology.ts'

/** Runs the evaluator on Kafka until it is stopped. */
export const runDetectorEvaluator = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'detector-evaluator',
    env: detectorEvaluatorEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, ...frame }) {
      const { registry } = frame.metrics
      const topologies = createDetectorEvaluatorTopologies({
        truthLatenessMs: config.TRUTH_LATENESS,
        maxPlayers: config.MAX_PLAYERS,
        logger: frame.logger,
        metrics: createKeyedMetrics('detector-evaluator', registry),
        count: createTallyMetrics(registry),
      })
      return { topologies }
    },
  })
