import { catalogOf } from '@millrace/domains/contracts'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { cassandraMartFromEnv } from '@millrace/mart'
import { createRunner, runStreamService } from '@millrace/stream'
import { startBehindTables } from './await-tables.ts'
import { martWriterEnv } from './config.ts'
import { createMartWriterMetrics } from './metrics.ts'
import { createMartWriterTopology } from './topology.ts'

/** Runs the mart writer between Kafka and Cassandra until it is stopped. */
export const runMartWriter = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'mart-writer',
    env: martWriterEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, ...frame }) {
      const { clock, logger, health } = frame
      const mart = cassandraMartFromEnv(config, { clock, logger })
      const metrics = createMartWriterMetrics(frame.metrics)
      const catalog = catalogOf(config.DOMAINS)
      const runners = catalog.domains
        .filter(({ mappings }) => mappings.length > 0)
        .map(domain => {
          const runner = createRunner({
            ...frame,
            topology: createMartWriterTopology({ domain, mart, metrics, logger }),
            options: {
              maxInFlightBytes: config.IN_FLIGHT_BUDGET,
              maxBatchBytes: config.MAX_BATCH,
              concurrency: config.CONCURRENCY,
              retry: { deadlineMs: config.RETRY_DEADLINE },
            },
          })
          return startBehindTables(runner, {
            mart,
            tables: domain.tables,
            schema: config.MART_SCHEMA,
            clock,
            logger,
            health,
          })
        })
      return { runners, stores: { mart } }
    },
  })
