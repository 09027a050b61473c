import type { Clock, Component, HealthRegistry, Logger } from '@millrace/runtime'

const EVERY_MS = 10_000
const TIMEOUT_MS = 8_000

/** Asks stores now and then whether they answer; readiness says which does not, and a log line says so when that changes. */
export function createStoreWatch(
  stores: Readonly<Record<string, () => Promise<void>>>,
  { clock, logger, health }: { readonly clock: Clock; readonly logger: Logger; readonly health: HealthRegistry },
): Component {
  const stopped = new AbortController()
  const untilStopped = new Promise<void>(resolve => stopped.signal.addEventListener('abort', () => resolve()))
  const problems = new Map<string, string | null>(Object.keys(stores).map(name => [name, 'has not answered yet']))

  async function watch(name: string, ask: () => Promise<void>): Promise<void> {
    let isSaid = false
    const report = (problem: string | null): void => {
      problems.set(name, problem)
      if (problem !== null && !isSaid) logger.warn({ store: name, reason: problem }, 'store_unavailable')
      if (problem === null && isSaid) logger.info({ store: name }, 'store_available')
      isSaid = problem !== null
    }
    while (!stopped.signal.aborted) {
      const answered = new AbortController()
      const answer = ask().then(
        () => report(null),
        (error: unknown) => report(error instanceof Error ? error.message : String(error)),
      )
      // A store may take its time to say that it is away.
      const late = clock.sleep(TIMEOUT_MS, AbortSignal.any([answered.signal, stopped.signal])).then(
        () => report(`no answer for ${TIMEOUT_MS / 1000} s`),
        () => {},
      )
      await Promise.race([answer, late.then(() => answer), untilStopped])
      answered.abort()
      await clock.sleep(EVERY_MS, stopped.signal).catch(() => {})
    }
  }

  return {
    name: 'store-watch',
    async start() {
      for (const [name, ask] of Object.entries(stores)) {
        health.addReadiness(name, () => problems.get(name) ?? null)
        void watch(name, ask)
      }
    },
    async stop() {
      stopped.abort(new Error('stopping'))
    },
  }
}
