import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createKeyedMetrics, runStreamService } from '@millrace/stream'
import { curatorEnv } from './config.ts'
import { createCuratorTopologies } from './topology.ts'

/** Runs the curator on Kafka until it is stopped. */
export const runCurator = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'curator',
    env: curatorEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
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
