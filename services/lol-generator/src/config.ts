import { kafkaEnv } from '@millrace/event-log'
import { ConfigError, env, loadConfig, serviceEnv } from '@millrace/runtime'
import { type GeneratorOptions, lolGeneratorOptionSpecs, parseGeneratorOptions } from './options.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Name in the environment, without MILLRACE_: `gateway-url` is GATEWAY_URL. */
const envName = (option: string): string => option.toUpperCase().replaceAll('-', '_')

const optional = env.text().optional()
const optionEnv: Record<string, typeof optional> = Object.fromEntries(
  lolGeneratorOptionSpecs.map(({ name, value, description, default: usual }) => [
    envName(name),
    optional.meta({ expected: `${value}: ${description}`, ...(usual === undefined ? {} : { default: usual }) }),
  ]),
)

/** Environment of the generator; every name has the prefix MILLRACE_. */
export const lolGeneratorEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  KAFKA_BROKERS: kafkaEnv.KAFKA_BROKERS.optional(),
  ...optionEnv,
} as const

/**
 * Reads the generator's environment.
 * @throws ConfigError with every problem
 */
export function loadGeneratorConfig(variables: Variables) {
  const values = Object.fromEntries(
    lolGeneratorOptionSpecs.map(({ name }) => [name, variables[`MILLRACE_${envName(name)}`]]),
  )
  const parsed = parseGeneratorOptions(values)
  const problems = parsed.ok
    ? missingBrokers(parsed.options, variables)
    : parsed.problems.map(({ option, message }) => `MILLRACE_${envName(option)} ${message}`)
  const service = loadServiceConfig(variables, problems)
  if (problems.length > 0 || !parsed.ok || !service) throw new ConfigError(problems)
  return { service, options: parsed.options }
}

/** Adds what is wrong to `problems`. */
function loadServiceConfig(variables: Variables, problems: string[]) {
  try {
    return loadConfig(variables, lolGeneratorEnv)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
    return null
  }
}

const missingBrokers = ({ sink }: GeneratorOptions, variables: Variables): string[] =>
  sink.kind === 'kafka' && !variables.MILLRACE_KAFKA_BROKERS
    ? ['MILLRACE_KAFKA_BROKERS is missing: the sink kafka needs to know its brokers.']
    : []

/** Kafka's settings alone, out of an environment that may hold others. @throws ConfigError */
export function loadKafkaConfig(variables: Variables) {
  const own = Object.entries(variables).filter(([name]) => name.startsWith('MILLRACE_KAFKA_'))
  return loadConfig(Object.fromEntries(own), kafkaEnv)
}
