import { type EventLog, kafkaEnv } from '@millrace/event-log'
import {
  type Clock,
  ConfigError,
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  env,
  type Logger,
  loadConfig,
  runService,
  serviceEnv,
  systemClock,
} from '@millrace/runtime'
import type { DomainSimulation } from './domain-simulation.ts'
import { createGenerator, generatorName, openSink } from './generator.ts'
import type { CommonOptions } from './run-options.ts'

type Variables = Readonly<Record<string, string | undefined>>
type KafkaConfig = ReturnType<typeof loadKafkaConfig>

/** Opens the log of the sink `kafka`. */
export type OpenLog = (
  config: KafkaConfig,
  parts: { readonly clock: Clock; readonly logger: Logger; readonly clientId: string },
) => EventLog

/** Name in the environment, without MILLRACE_: `gateway-url` is GATEWAY_URL. */
const envName = (option: string): string => option.toUpperCase().replaceAll('-', '_')

const optional = env.text().optional()

/** Environment of a domain's generator; every name has the prefix MILLRACE_. */
export const generatorEnv = ({ optionSpecs }: Pick<DomainSimulation, 'optionSpecs'>) => {
  const options: Record<string, typeof optional> = Object.fromEntries(
    optionSpecs.map(({ name, value, description, default: usual }) => [
      envName(name),
      optional.meta({ expected: `${value}: ${description}`, ...(usual === undefined ? {} : { default: usual }) }),
    ]),
  )
  return { ...serviceEnv, ...kafkaEnv, KAFKA_BROKERS: kafkaEnv.KAFKA_BROKERS.optional(), ...options } as const
}

/**
 * Reads a generator's environment.
 * @throws ConfigError with every problem
 */
export function loadGeneratorConfig<Options extends CommonOptions>(
  simulation: DomainSimulation<Options>,
  variables: Variables,
) {
  const values = Object.fromEntries(
    simulation.optionSpecs.map(({ name }) => [name, variables[`MILLRACE_${envName(name)}`]]),
  )
  const parsed = simulation.parse(values)
  const problems = parsed.ok
    ? missingBrokers(parsed.options, variables)
    : parsed.problems.map(({ option, message }) => `MILLRACE_${envName(option)} ${message}`)
  const service = loadServiceConfig(simulation, variables, problems)
  if (problems.length > 0 || !parsed.ok || !service) throw new ConfigError(problems)
  return { service, options: parsed.options }
}

/** Adds what is wrong to `problems`. */
function loadServiceConfig(
  simulation: Pick<DomainSimulation, 'optionSpecs'>,
  variables: Variables,
  problems: string[],
) {
  try {
    return loadConfig(variables, generatorEnv(simulation))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
    return null
  }
}

const missingBrokers = ({ sink }: CommonOptions, variables: Variables): string[] =>
  sink.kind === 'kafka' && !variables.MILLRACE_KAFKA_BROKERS
    ? ['MILLRACE_KAFKA_BROKERS is missing: the sink kafka needs to know its brokers.']
    : []

/** Kafka's settings alone, out of an environment that may hold others. @throws ConfigError */
export function loadKafkaConfig(variables: Variables) {
  const own = Object.entries(variables).filter(([name]) => name.startsWith('MILLRACE_KAFKA_'))
  return loadConfig(Object.fromEntries(own), kafkaEnv)
}

/** Runs the generator of a domain until its simulated time is over or it is stopped. */
export async function runGenerator<Options extends CommonOptions>(
  simulation: DomainSimulation<Options>,
  variables: Variables,
  openLog: OpenLog,
): Promise<never> {
  const name = generatorName(simulation.domain)
  const { service, options } = loadGeneratorConfig(simulation, variables)
  const clock = systemClock
  // Standard output belongs to the events where they go there.
  const destination = { write: (line: string) => void process.stderr.write(line) }
  const logger = createLogger(name, {
    level: service.LOG_LEVEL,
    ...(options.sink.kind === 'stdout' ? { destination } : {}),
  })
  const metrics = createServiceMetrics(name)
  const health = createHealth()
  const sink = await openSink(simulation, options, {
    clock,
    logger,
    openLog: () => openLog(loadKafkaConfig(variables), { clock, logger, clientId: name }),
  })
  const generator = createGenerator({ simulation, options, sink, clock, logger, metrics })
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
