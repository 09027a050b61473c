import { type BackoffPolicy, backoffMs, type Clock, type CodedError, isRetryable } from '@millrace/runtime'
import { streamError } from './errors.ts'

export interface RetryPolicy extends BackoffPolicy {
  /** After failing for this long nothing more is tried, ms. */
  readonly deadlineMs: number
}

/** What is failing right now and is going to be tried again. */
export interface PendingRetry {
  readonly what: string
  readonly error: CodedError
  readonly sinceMs: number
  readonly attempts: number
}

export interface RetryOptions {
  readonly what: string
  readonly policy: RetryPolicy
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly signal: AbortSignal
  /** Told before each wait, and with null once the attempt succeeded after one. */
  readonly onPendingRetry: (pendingRetry: PendingRetry | null) => void
}

/**
 * Repeats an attempt while it throws retryable errors.
 * @throws the error itself when it is not retryable, `gave_up` after the deadline, the signal's reason when it aborts
 */
export async function retry<T>(attempt: () => T | Promise<T>, options: RetryOptions): Promise<T> {
  const { what, policy, clock, random, signal, onPendingRetry } = options
  let sinceMs: number | undefined
  for (let attempts = 1; ; attempts++) {
    signal.throwIfAborted()
    try {
      const value = await attempt()
      if (sinceMs !== undefined) onPendingRetry(null)
      return value
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error)) throw error
      sinceMs ??= clock.now()
      const forMs = clock.now() - sinceMs
      const delayMs = backoffMs(policy, attempts, random())
      if (forMs + delayMs > policy.deadlineMs)
        throw streamError(
          'gave_up',
          { what, seconds: Math.round(forMs / 1000), attempts, reason: (error as CodedError).message },
          error,
        )
      onPendingRetry({ what, error: error as CodedError, sinceMs, attempts })
      await clock.sleep(delayMs, signal)
    }
  }
}
