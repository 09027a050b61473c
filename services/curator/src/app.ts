import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createKeyedMetrics, runStreamService } from '@millrace/stream'
import { curatorEnv } from './config.ts'
import { createCuratorTopologies } from './topology.ts'

/** Runs the curator until it is stopped; on Kafka, unless another log is given. */
export const runCurator = (
  variables: Readonly<Record<string, string | undefined>>,
  openLog: typeof kafkaEventLogFromEnv = kafkaEventLogFromEnv,
): Promise<never> =>
  runStreamService({
    name: 'curator',
    env: curatorEnv,
    variables,
    openLog,
    build({ config, ...frame }) {
      const topologies = createCuratorTopologies({
        domains: config.DOMAINS,
        allowedLatenessMs: config.ALLOWED_LATENESS,
        horizonMs: config.HORIZON,
        maxKeys: config.MAX_KEYS,
        logger: frame.logger,
        metrics: createKeyedMetrics('curator', frame.metrics.registry),
      })
      return { topologies }
    },
  })
