import type { Clock } from '@millrace/runtime'

/** The abort reason after a timeout. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  readonly timeoutMs: number
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/**
 * Runs work and aborts its signal after `timeoutMs` without progress; `moved` reports progress.
 * @throws DeadlineError, even when the work ignores the signal
 */
export async function withStallDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  work: (signal: AbortSignal, moved: () => void) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController()
  const finished = new AbortController()
  let movements = 0
  const watch = async (): Promise<never> => {
    for (let seen = -1; seen !== movements; ) {
      seen = movements
      await clock.sleep(timeoutMs, finished.signal)
    }
    const error = new DeadlineError(timeoutMs)
    stalled.abort(error)
    throw error
  }
  const watching = watch()
  watching.catch(() => {})
  const working = work(stalled.signal, () => {
    movements += 1
  })
  working.catch(() => {})
  try {
    return await Promise.race([working, watching])
  } finally {
    finished.abort(new Error('finished'))
  }
}
