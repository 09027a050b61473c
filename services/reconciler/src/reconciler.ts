import { type Clock, CodedError, type Component, type HealthRegistry, type Logger } from '@millrace/runtime'
import type { Comparer } from './comparer.ts'
import type { ReconcilerMetrics } from './reconciler-metrics.ts'

/** After a comparison that a store did not let finish. */
const AGAIN_AFTER_MS = 15_000

/**
 * Compares at intervals for as long as it runs. Whatever a store answers, it goes on: a comparison that failed is continued
 * a little later, readiness says why, and the age of the last complete one grows.
 */
export function createReconciler(parts: {
  readonly comparer: Pick<Comparer, 'round'>
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ReconcilerMetrics
  readonly health: HealthRegistry
}): Component {
  const { comparer, intervalMs, clock, logger, metrics, health } = parts
  const stopped = new AbortController()
  let problem: string | null = null
  let running: Promise<void> = Promise.resolve()

  async function compare(): Promise<boolean> {
    try {
      const { examples, ...totals } = await comparer.round(stopped.signal)
      if (problem !== null) logger.info('comparison_recovered')
      problem = null
      if (totals.missing + totals.duplicate + totals.unexpected + totals.unbalanced > 0)
        logger.error({ ...totals, examples }, 'stores_differ')
      return true
    } catch (error) {
      if (stopped.signal.aborted) return false
      const { message } = error as Error
      metrics.roundFailed(error instanceof CodedError ? error.code : 'unknown')
      if (problem === null)
        logger.warn(error instanceof CodedError ? { reason: message } : { err: error }, 'comparison_failed')
      problem = message
      return false
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const startedMs = clock.now()
      const isComplete = await compare()
      const pauseMs = isComplete ? startedMs + intervalMs - clock.now() : Math.min(AGAIN_AFTER_MS, intervalMs)
      await clock.sleep(Math.max(0, pauseMs), stopped.signal).catch(() => {})
    }
  }

  return {
    name: 'reconciler',
    async start() {
      health.addReadiness('comparison', () => problem)
      running = run()
    },
    async stop() {
      stopped.abort(new Error('stopping'))
      await running
    },
  }
}
