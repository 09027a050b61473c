import { type Component, Gauge, type HealthRegistry, type Logger, type Registry } from '@millrace/runtime'
import type { Runner } from './runner.ts'

export interface RunnerGroupParts {
  /** Name of the service (kebab-case), for its metric and in readiness. */
  readonly service: string
  /** The runner of each domain, by the domain's name. */
  readonly runners: Readonly<Record<string, Component & Pick<Runner, 'finished'>>>
  readonly registry: Registry
  readonly health: HealthRegistry
  readonly logger: Logger
}

export interface RunnerGroup extends Component {
  /** Resolves when all runners have ended and not all of them failed; rejects with the first error when all have failed. */
  readonly finished: Promise<void>
}

/**
 * Runs the domains of a service side by side. An error that ends one of them ends that one only: it is logged, readiness and the
 * metric `millrace_<service>_stopped_domains` name it, and the others go on.
 */
export function createRunnerGroup({ service, runners, registry, health, logger }: RunnerGroupParts): RunnerGroup {
  const members = Object.entries(runners)
  if (members.length === 0) throw new Error(`The service ${service} needs the runner of at least one domain.`)
  const failures = new Map<string, unknown>()
  const stopped = new Gauge({
    name: `millrace_${service.replaceAll('-', '_')}_stopped_domains`,
    help: '1 for a domain that an error has stopped while the others go on, else 0',
    labelNames: ['domain'],
    registers: [registry],
  })
  for (const [domain] of members) stopped.set({ domain }, 0)

  const ended = members.map(([domain, { finished }]) =>
    finished.catch((error: unknown) => {
      failures.set(domain, error)
      stopped.set({ domain }, 1)
      logger.error({ err: error, domain }, 'domain_stopped')
    }),
  )
  const finished = Promise.all(ended).then(() => {
    const [first] = failures.values()
    if (failures.size === members.length) throw first
  })
  finished.catch(() => {})

  /** Stops the members, all of them whatever becomes of the others. */
  async function stopAll(started: readonly Component[]): Promise<void> {
    const outcomes = await Promise.allSettled(started.map(runner => runner.stop()))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  return {
    name: service,
    finished,
    async start() {
      health.addReadiness(service, () => {
        const problems = [...failures].map(([domain, error]) => `domain ${domain} stopped: ${String(error)}`)
        return problems.length === 0 ? null : problems.join('; ')
      })
      const started: Component[] = []
      for (const [, runner] of members) {
        try {
          await runner.start()
        } catch (error) {
          await stopAll(started)
          throw error
        }
        started.push(runner)
      }
    },
    stop: () => stopAll(members.map(([, runner]) => runner)),
  }
}
