import { backoffMs, type Clock } from '@millrace/runtime'
import type { Random } from '../random.ts'

const BACKOFF = { firstDelayMs: 100, maxDelayMs: 10_000 }
const LONGEST_RETRY_AFTER_MS = 60_000

export interface RetryBackoffOptions {
  readonly clock: Clock
  /** How long every attempt may fail before a sink gives up, ms. */
  readonly retryTimeoutMs: number
  readonly random: Random
}

/** Exponential back-off with jitter between attempts, longer where the other side asks for it, until the retry timeout. */
export interface RetryBackoff {
  /** An attempt succeeded: the next failure starts from a short wait again. */
  reset(): void
  /** Milliseconds since the first of the failed attempts. */
  failingMs(): number
  /** Waits; false after the retry timeout or when `giveUp` aborted, then the caller stops trying. */
  wait(retryAfterMs: number | null, giveUp: AbortSignal): Promise<boolean>
}

export function createRetryBackoff({ clock, retryTimeoutMs, random }: RetryBackoffOptions): RetryBackoff {
  let attempts = 0
  let sinceMs = 0
  return {
    reset() {
      attempts = 0
    },
    failingMs: () => (attempts === 0 ? 0 : clock.now() - sinceMs),
    async wait(retryAfterMs, giveUp) {
      if (attempts++ === 0) sinceMs = clock.now()
      const ownMs = backoffMs(BACKOFF, attempts, random.float())
      const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS))
      if (giveUp.aborted || clock.now() + waitMs - sinceMs > retryTimeoutMs) return false
      await clock.sleep(waitMs, giveUp).catch(() => {})
      return !giveUp.aborted
    },
  }
}
