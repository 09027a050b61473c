import type { MartTable } from '@millrace/contracts'
import type { Mart } from '@millrace/mart'
import {
  type Clock,
  type Component,
  type HealthRegistry,
  isRetryable,
  type Logger,
  WaitReasons,
} from '@millrace/runtime'

const LOOK_AGAIN_MS = 2_000

export interface AwaitTablesParts {
  readonly mart: Mart
  readonly tables: readonly MartTable[]
  /** `manage`: missing tables and columns are made; `wait`: somebody else makes them. */
  readonly schema: 'manage' | 'wait'
  readonly clock: Clock
  readonly logger: Logger
  readonly health: HealthRegistry
}

/**
 * Starts a component when the tables are there, however long that takes: `start` returns at once, readiness says what is missing.
 * `finished` rejects with an error that waiting does not end, or with what ends the component.
 */
export function startBehindTables(
  inner: Component & { readonly finished: Promise<void> },
  { mart, tables, schema, clock, logger, health }: AwaitTablesParts,
): Component & { readonly finished: Promise<void> } {
  const stopped = new AbortController()
  const { promise: opened, resolve: open, reject: fail } = Promise.withResolvers<void>()
  const finished = opened.then(() => inner.finished)
  finished.catch(() => {})
  let problem: string | null = `waiting for the tables in ${mart.location}`
  let waiting: Promise<void> = Promise.resolve()
  const reasons = new WaitReasons(reason => logger.warn({ reason }, 'waiting_for_tables'))
  let isStarted = false

  async function look(): Promise<string | null> {
    try {
      const lacked = schema === 'wait' ? await mart.lacks(tables) : []
      if (lacked.length > 0) return `waiting for ${lacked.join(', ')} in ${mart.location}`
      const made = schema === 'manage' ? await mart.ensureTables(tables) : []
      if (made.length > 0) logger.info({ made }, 'mart_schema_changed')
      return null
    } catch (error) {
      // The mart is closed while a stopped component still waits for its answer.
      if (stopped.signal.aborted || isRetryable(error)) return (error as Error).message
      throw error
    }
  }

  async function wait(): Promise<void> {
    while (!stopped.signal.aborted) {
      const found = await look()
      if (stopped.signal.aborted) return
      if (found !== null) reasons.say(found)
      problem = found
      if (found === null) {
        isStarted = true
        await inner.start()
        return open()
      }
      await clock.sleep(LOOK_AGAIN_MS, stopped.signal).catch(() => {})
    }
  }

  return {
    name: inner.name,
    finished,
    async start() {
      health.addReadiness(`mart of ${inner.name}`, () => problem)
      waiting = wait().catch(fail)
    },
    async stop() {
      stopped.abort()
      if (isStarted) await waiting
      if (isStarted) await inner.stop()
    },
  }
}
