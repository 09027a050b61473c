import type { Writable } from 'node:stream'
import { type EventLog, kafkaEventLogFromEnv } from '@millrace/event-log'
import {
  type Clock,
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  type Logger,
  runService,
  systemClock,
} from '@millrace/runtime'
import { createSink, type EventSink } from '@millrace/simulation'
import { loadGeneratorConfig, loadKafkaConfig } from './config.ts'
import { createLolGenerator } from './generator.ts'
import type { GeneratorOptions } from './options.ts'
import { lolTopics } from './simulation.ts'

const NAME = 'lol-generator'
type Variables = Readonly<Record<string, string | undefined>>

/**
 * Opens the sink that the options ask for.
 * @param environment where the sink `kafka` finds its settings (MILLRACE_KAFKA_…)
 * @throws ConfigError about Kafka's settings, SimulationError `file_failed`, LogError
 */
export async function openLolSink(
  options: GeneratorOptions,
  context: {
    readonly clock: Clock
    readonly logger: Logger
    readonly environment: Variables
    readonly stdout?: Writable
  },
): Promise<EventSink> {
  const { clock, logger, environment, stdout = process.stdout } = context
  let log: EventLog | undefined
  const sink = await createSink(options.sink, {
    clock,
    logger,
    stdout,
    batchRecords: options.batchRecords,
    topics: lolTopics,
    keep: options.skip > 0,
    openProducer: () => {
      log = kafkaEventLogFromEnv(loadKafkaConfig(environment), { clock, logger, clientId: NAME })
      return log.producer({ clientId: NAME })
    },
  })
  return {
    ...sink,
    async close() {
      await sink.close()
      await log?.close()
    },
  }
}

/** Runs the generator until its simulated time is over or it is stopped. */
export async function runGenerator(environment: Variables): Promise<never> {
  const { service, options } = loadGeneratorConfig(environment)
  const clock = systemClock
  // Standard output belongs to the events where they go there.
  const destination = { write: (line: string) => void process.stderr.write(line) }
  const logger = createLogger(NAME, {
    level: service.LOG_LEVEL,
    ...(options.sink.kind === 'stdout' ? { destination } : {}),
  })
  const metrics = createServiceMetrics(NAME)
  const health = createHealth()
  const sink = await openLolSink(options, { clock, logger, environment })
  const generator = createLolGenerator({ options, sink, clock, logger, metrics })
  const admin = createAdminServer({
    host: service.ADMIN_HOST,
    port: service.ADMIN_PORT,
    health,
    registry: metrics.registry,
  })
  return runService({
    logger,
    clock,
    components: [admin, generator],
    finished: generator.finished.then(() => {}),
    drainDelayMs: service.DRAIN_DELAY,
    stopDeadlineMs: service.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
