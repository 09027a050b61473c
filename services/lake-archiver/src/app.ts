import { catalogOf } from '@millrace/domains/contracts'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { createSegmentBudget, webHdfsLakeFromEnv } from '@millrace/lake'
import { runStreamService } from '@millrace/stream'
import { archiverEnv, topicFormats } from './config.ts'
import { createLakeArchiverTopology } from './topology.ts'

/** Runs the archiver from Kafka to HDFS until it is stopped. */
export const runArchiver = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'lake-archiver',
    env: archiverEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, clock, logger, metrics }) {
      const formats = topicFormats(config.LAKE_TOPIC_FORMAT)
      const lake = webHdfsLakeFromEnv(config, { clock, logger })
      const budget = createSegmentBudget({
        maxMemoryBytes: config.SEGMENT_MEMORY_BUDGET,
        maxSpoolBytes: config.SPOOL_BUDGET,
        maxOpenSegments: config.OPEN_SEGMENT_BUDGET,
      })
      const topologies = catalogOf(config.DOMAINS).domains.map(domain =>
        createLakeArchiverTopology({
          domain,
          lake,
          budget,
          clock,
          logger,
          metrics,
          spoolDirectory: config.SPOOL_DIRECTORY,
          format: config.LAKE_FORMAT,
          formats,
          maxBytes: config.SEGMENT_MAX_BYTES,
          maxRows: config.SEGMENT_MAX_ROWS,
          maxAgeMs: config.SEGMENT_MAX_AGE,
          minFileRows: config.SEGMENT_MIN_FILE_ROWS,
          maxWaitMs: config.SEGMENT_MAX_WAIT,
          maxHours: config.SEGMENT_MAX_HOURS,
        }),
      )
      return { topologies, stores: { lake } }
    },
  })
