import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createJoinMetrics, createKeyedMetrics, runStreamService } from '@millrace/stream'
import { aggregatorEnv } from './config.ts'
import { createAggregatorTopologies } from './topology.ts'

/** Runs the aggregator on Kafka until it is stopped. */
export const runAggregator = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'aggregator',
    env: aggregatorEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, ...frame }) {
      const { log, logger } = frame
      const { registry } = frame.metrics
      const topologies = createAggregatorTopologies({
        domains: config.DOMAINS,
        log,
        logger,
        metrics: createKeyedMetrics('aggregator', registry),
        joinMetrics: createJoinMetrics('aggregator', registry),
      })
      return { topologies }
    },
  })
