import type { EventLog } from '@millrace/event-log'
import {
  type Clock,
  type Component,
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  type HealthRegistry,
  type Logger,
  loadConfig,
  runService,
  type ServiceMetrics,
  type serviceEnv,
  systemClock,
} from '@millrace/runtime'
import type { z } from 'zod'
import { createByteBudget } from './byte-budget.ts'
import { createRunner, type Runner } from './runner.ts'
import { createRunnerGroup } from './runner-group.ts'
import { DEFAULT_IN_FLIGHT_BYTES, type RunnerOptions } from './runner-options.ts'
import type { Topology } from './topology.ts'

/** What every service has before it builds its own parts. */
export interface ServiceFrame<Config> {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly health: HealthRegistry
  readonly log: EventLog
}

type Member = Component & Pick<Runner, 'finished'>

/** A service's own parts. */
export interface ServiceParts {
  /** What works on topics; each fails by itself, and the service is over when all of them are. */
  readonly topologies?: readonly Topology[]
  readonly runnerOptions?: RunnerOptions
  /** Puts something in front of a topology's runner. */
  readonly wrap?: (runner: Member, topology: Topology) => Member
  /** What else runs, started before the topologies. */
  readonly components?: readonly Component[]
  /** Stores, by name: closed after the topologies have stopped. */
  readonly stores?: Readonly<Record<string, { close(): Promise<void> }>>
}

type BaseConfig = Readonly<z.output<z.ZodObject<typeof serviceEnv>>>

/**
 * Runs a service between topics until it is stopped: configuration, logger, metrics, health, admin server and log are the same for
 * all; what is its own comes from `build`.
 * @throws ConfigError
 */
export async function runStreamService<E extends z.ZodRawShape & typeof serviceEnv>(service: {
  readonly name: string
  readonly env: E
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Opens the log with the service's configuration: the one place where an adapter is named. */
  readonly openLog: (
    config: Readonly<z.output<z.ZodObject<E>>>,
    parts: { readonly clock: Clock; readonly logger: Logger; readonly clientId: string },
  ) => EventLog
  readonly build: (frame: ServiceFrame<Readonly<z.output<z.ZodObject<E>>>>) => ServiceParts | Promise<ServiceParts>
}): Promise<never> {
  const { name, env, variables, openLog, build } = service
  const config = loadConfig(variables, env)
  const base = config as unknown as BaseConfig
  const clock = systemClock
  const logger = createLogger(name, { level: base.LOG_LEVEL })
  const metrics = createServiceMetrics(name)
  const health = createHealth()
  const log = openLog(config, { clock, logger, clientId: name })
  const frame = { clock, logger, metrics, health, log }
  const parts = await build({ config, ...frame })
  const { topologies = [], wrap = runner => runner, components = [], stores = {} } = parts
  // One budget for all: a busy domain may use what quiet ones leave.
  const budget = createByteBudget(parts.runnerOptions?.maxInFlightBytes ?? DEFAULT_IN_FLIGHT_BYTES)
  const runners = topologies.map(topology => {
    const options = { ...parts.runnerOptions, budget }
    return [
      topology.name.replace(`${name}.`, ''),
      wrap(createRunner({ topology, options, ...frame }), topology),
    ] as const
  })
  const group =
    runners.length === 0
      ? null
      : createRunnerGroup({
          service: name,
          runners: Object.fromEntries(runners),
          registry: metrics.registry,
          health,
          logger,
        })
  const closing = ([storeName, store]: [string, { close(): Promise<void> }]): Component => ({
    name: storeName,
    start: async () => {},
    stop: () => store.close(),
  })
  return runService({
    logger,
    clock,
    components: [
      createAdminServer({ host: base.ADMIN_HOST, port: base.ADMIN_PORT, health, registry: metrics.registry }),
      ...Object.entries({ 'event-log': log, ...stores }).map(closing),
      ...components,
      ...(group ? [group] : []),
    ],
    ...(group && { finished: group.finished }),
    drainDelayMs: base.DRAIN_DELAY,
    stopDeadlineMs: base.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
