import { type Clock, systemClock } from './clock.ts'
import { ConfigError } from './config.ts'
import { type Component, createLifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'

export interface RunOptions {
  readonly logger: Logger
  readonly components: readonly Component[]
  readonly drainDelayMs?: number
  readonly stopDeadlineMs?: number
  readonly onStopping?: () => void
  /** Settles when the service is over by itself: resolved = finished, rejected = failed. Without it only a signal ends the service. */
  readonly finished?: Promise<void>
  readonly clock?: Clock
}

/**
 * Runs a process until a signal, its own end or an error, then stops in order and exits: 0 after a clean stop, 1 otherwise.
 * SIGTERM and SIGINT stop it; a second signal exits 1 at once and says what was open.
 */
export async function runService(options: RunOptions): Promise<never> {
  const { logger, components, finished, clock = systemClock, ...rest } = options
  const lifecycle = createLifecycle({ ...rest, components, logger, clock })
  let code = 0
  let end: () => void = () => {}
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  let signals = 0
  const onSignal = (signal: string): void => {
    if (++signals > 1) {
      logger.error({ signal, state: lifecycle.state }, 'second_signal_exit')
      process.exit(1)
    }
    logger.info({ signal }, 'stopping')
    end()
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  const fail = (error: unknown): void => {
    code = 1
    logger.fatal({ err: error }, 'failed')
    end()
  }
  process.on('uncaughtException', fail).on('unhandledRejection', fail)
  try {
    // A start may wait long for what it needs; a signal ends that too.
    await Promise.race([lifecycle.start().then(() => logger.info('started')), ended])
    finished?.then(end, fail)
    await ended
  } catch (error) {
    fail(error)
  }
  const open = await lifecycle.stop()
  process.exit(open.length > 0 ? 1 : code)
}

/** Runs `main` and turns a wrong configuration into one readable message and exit code 2. */
export async function startMain(main: () => Promise<unknown>): Promise<void> {
  try {
    await main()
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError || error instanceof Error ? error.message : String(error)}\n`)
    process.exit(error instanceof ConfigError ? 2 : 1)
  }
}
