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
import type { Runner } from './runner.ts'

/** What every service has before it builds its own parts. */
export interface ServiceFrame<Config> {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly health: HealthRegistry
  readonly log: EventLog
}

/** A service's own parts. */
export interface ServiceParts {
  /** What works on topics; the service is over when they are. */
  readonly runners?: readonly (Component & Pick<Runner, 'finished'>)[]
  /** What else runs, started before the runners. */
  readonly components?: readonly Component[]
  /** Stores, by name: closed after the runners have stopped. */
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
  const { runners = [], components = [], stores = {} } = await build({ config, clock, logger, metrics, health, log })
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
      ...runners,
    ],
    ...(runners.length > 0 && { finished: Promise.all(runners.map(({ finished }) => finished)).then(() => {}) }),
    drainDelayMs: base.DRAIN_DELAY,
    stopDeadlineMs: base.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}
