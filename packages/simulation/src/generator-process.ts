import { type EventLog, kafkaEnv } from '@millrace/event-log'
import {
  type Clock,
  ConfigError,
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  type Logger,
  loadConfig,
  runService,
  serviceEnv,
  systemClock,
  type Texts,
} from '@millrace/runtime'
import { z } from 'zod'
import type { DomainSimulation } from './domain-simulation.ts'
import { generatorName, openGenerator } from './generator.ts'
import type { CommonOptions } from './run-options.ts'

type KafkaConfig = ReturnType<typeof loadKafkaConfig>

/** Opens the log of the sink `kafka`. */
export type OpenLog = (
  config: KafkaConfig,
  parts: { readonly clock: Clock; readonly logger: Logger; readonly clientId: string },
) => EventLog

/** Name in the environment, without MILLRACE_: `gateway-url` is GATEWAY_URL. */
const envName = (option: string): string => option.toUpperCase().replaceAll('-', '_')
const variableName = (option: string): string => `MILLRACE_${envName(option)}`

/** Settings of the process that runs a generator. */
const processEnv = { ...serviceEnv, ...kafkaEnv, KAFKA_BROKERS: kafkaEnv.KAFKA_BROKERS.optional() } as const

/** Environment of a domain's generator; every name has the prefix MILLRACE_. */
export const generatorEnv = ({ optionShape }: Pick<DomainSimulation, 'optionShape'>) => ({
  ...processEnv,
  ...Object.fromEntries(Object.entries(optionShape).map(([option, schema]) => [envName(option), schema])),
})

/**
 * Reads a generator's environment.
 * @throws ConfigError with every problem
 */
export function loadGeneratorConfig<Options extends CommonOptions>(
  simulation: DomainSimulation<Options>,
  variables: Texts,
) {
  const problems: string[] = []
  const tried = <T>(load: () => T): T | undefined => {
    try {
      return load()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
      return undefined
    }
  }
  const names = Object.keys(simulation.optionShape)
  const options = tried(() =>
    simulation.parse(Object.fromEntries(names.map(name => [name, variables[variableName(name)]])), variableName),
  )
  // The options have been read above: here their names only have to be known.
  const known = Object.fromEntries(names.map(name => [envName(name), z.unknown()]))
  const service = tried(() => loadConfig(variables, { ...known, ...processEnv }))
  if (options?.sink.kind === 'kafka' && variables.MILLRACE_KAFKA_BROKERS === undefined)
    problems.push('MILLRACE_KAFKA_BROKERS is missing: the sink kafka needs to know its brokers.')
  if (problems.length > 0 || !options || !service) throw new ConfigError(problems)
  return { service, options }
}

/** Kafka's settings alone, out of an environment that may hold others. @throws ConfigError */
export function loadKafkaConfig(variables: Texts) {
  const own = Object.entries(variables).filter(([name]) => name.startsWith('MILLRACE_KAFKA_'))
  return loadConfig(Object.fromEntries(own), kafkaEnv)
}

/** Runs the generator of a domain until its simulated time is over or it is stopped. */
export async function runGenerator<Options extends CommonOptions>(
  simulation: DomainSimulation<Options>,
  variables: Texts,
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
  const generator = await openGenerator({
    simulation,
    options,
    clock,
    logger,
    metrics,
    openLog: () => openLog(loadKafkaConfig(variables), { clock, logger, clientId: name }),
  })
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
