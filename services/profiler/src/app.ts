import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createJoinMetrics, createKeyedMetrics, runStreamService } from '@millrace/stream'
import { profilerEnv } from './config.ts'
import { createProfilerTopologies } from './topology.ts'

/** Runs the profiler until it is stopped; on Kafka, unless another log is given. */
export const runProfiler = (
  variables: Readonly<Record<string, string | undefined>>,
  openLog: typeof kafkaEventLogFromEnv = kafkaEventLogFromEnv,
): Promise<never> =>
  runStreamService({
    name: 'profiler',
    env: profilerEnv,
    variables,
    openLog,
    build({ config, ...frame }) {
      const { log, logger } = frame
      const { registry } = frame.metrics
      const topologies = createProfilerTopologies({
        domains: config.DOMAINS,
        log,
        logger,
        metrics: createKeyedMetrics('profiler', registry),
        joinMetrics: createJoinMetrics('profiler', registry),
      })
      return { topologies }
    },
  })
