import { groupOf } from '@millrace/contracts'
import { catalogOf, catalog as everyDomain } from '@millrace/domains/contracts'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { cassandraMartFromEnv } from '@millrace/mart'
import { runStreamService } from '@millrace/stream'
import { startBehindTables } from './await-tables.ts'
import { martWriterEnv } from './config.ts'
import { createMartWriterMetrics, createMeasureCounter } from './metrics.ts'
import { createMartWriterTopology } from './topology.ts'

/** Runs the mart writer between Kafka and Cassandra until it is stopped. */
export const runMartWriter = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'mart-writer',
    env: martWriterEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, clock, logger, health, metrics: core }) {
      const mart = cassandraMartFromEnv(config, { clock, logger, tables: everyDomain.tables })
      const metrics = createMartWriterMetrics(core)
      const domains = catalogOf(config.DOMAINS).domains.filter(({ mappings }) => mappings.length > 0)
      const measures = domains.flatMap(domain => domain.measures)
      const addMeasured = createMeasureCounter(measures, core.registry)
      const tables = new Map(domains.map(domain => [groupOf('mart-writer', domain.name), domain.tables]))
      return {
        topologies: domains.map(domain => createMartWriterTopology({ domain, mart, metrics, addMeasured, logger })),
        runnerOptions: {
          maxInFlightBytes: config.IN_FLIGHT_BUDGET,
          maxBatchBytes: config.MAX_BATCH,
          concurrency: config.CONCURRENCY,
          retry: { deadlineMs: config.RETRY_DEADLINE },
        },
        wrap: (runner, { name }) =>
          startBehindTables(runner, {
            mart,
            tables: tables.get(name) ?? [],
            schema: config.MART_SCHEMA,
            clock,
            logger,
            health,
          }),
        stores: { mart },
      }
    },
  })
