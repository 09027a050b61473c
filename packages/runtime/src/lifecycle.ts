import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

/** Something that is started once and stopped once. */
export interface Component {
  readonly name: string
  start(): Promise<void>
  /** Stops taking work, finishes what it has, and releases what it holds. Called once, also after a failed start elsewhere. */
  stop(): Promise<void>
}

export interface Lifecycle {
  /** Starts the components in order; when one fails, stops the started ones in reverse and throws its error. */
  start(): Promise<void>
  /** Stops in reverse order; resolves to the names of components that were still open at the deadline. */
  stop(): Promise<readonly string[]>
  readonly state: 'new' | 'starting' | 'running' | 'stopping' | 'stopped'
}

export interface LifecycleOptions {
  readonly components: readonly Component[]
  readonly logger: Logger
  readonly clock: Clock
  /** Time between "not ready" and the first stop, so that routers notice. */
  readonly drainDelayMs?: number
  /** After this long `stop` gives up on what is still open. */
  readonly stopDeadlineMs?: number
  /** Called when stopping begins, before the drain delay: readiness flips here. */
  readonly onStopping?: () => void
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { components, logger, clock, drainDelayMs = 0, stopDeadlineMs = 25_000, onStopping } = options
  const started: Component[] = []
  let state: Lifecycle['state'] = 'new'
  let stopping: Promise<readonly string[]> | undefined
  let closing: Promise<readonly string[]> | undefined

  async function stopOne(component: Component): Promise<void> {
    try {
      await component.stop()
    } catch (error) {
      logger.error({ err: error, component: component.name }, 'component_stop_failed')
    }
  }

  async function stopStarted(): Promise<readonly string[]> {
    const done = new AbortController()
    const deadline = clock.sleep(stopDeadlineMs, done.signal).then(
      () => 'deadline' as const,
      () => 'cancelled' as const,
    )
    const open = started.map(component => component.name)
    const sequence = (async () => {
      for (const component of started.toReversed()) {
        await stopOne(component)
        open.splice(open.lastIndexOf(component.name), 1)
      }
      return 'done' as const
    })()
    const outcome = await Promise.race([sequence, deadline])
    done.abort()
    state = 'stopped'
    if (outcome !== 'done') logger.error({ open }, 'stop_deadline_passed')
    return open
  }

  const stopAll = (): Promise<readonly string[]> => (closing ??= stopStarted())

  return {
    get state() {
      return state
    },
    async start() {
      if (state !== 'new') throw new Error(`A lifecycle starts once; this one is ${state}.`)
      state = 'starting'
      for (const component of components) {
        if (stopping) break
        try {
          await component.start()
          // The others are being stopped already, and this one is not among them.
          if (closing) await stopOne(component)
          else started.push(component)
        } catch (error) {
          await stopAll()
          throw error
        }
      }
      if (!stopping) state = 'running'
    },
    stop() {
      stopping ??= (async () => {
        state = 'stopping'
        onStopping?.()
        if (drainDelayMs > 0) await clock.sleep(drainDelayMs)
        return stopAll()
      })()
      return stopping
    },
  }
}
