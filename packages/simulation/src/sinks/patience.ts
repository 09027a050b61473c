import { backoffMs, type Clock } from '@millrace/runtime'
import type { Random } from '../random.ts'

const BACKOFF = { firstDelayMs: 100, maxDelayMs: 10_000 }
const LONGEST_RETRY_AFTER_MS = 60_000

export interface PatienceOptions {
  readonly clock: Clock
  /** How long nothing at all may be taken before a sink gives up, ms. */
  readonly patienceMs: number
  readonly random: Random
}

/** Waits between attempts: doubling with jitter, longer where the other side asks for it, until patience is over. */
export interface Patience {
  /** Something was taken: the next trouble starts from a short wait again. */
  reset(): void
  /** Milliseconds since the first of the failed attempts. */
  troubledMs(): number
  /** Waits; false when patience is over or `giveUp` aborted, then the caller stops trying. */
  wait(retryAfterMs: number | null, giveUp: AbortSignal): Promise<boolean>
}

export function createPatience({ clock, patienceMs, random }: PatienceOptions): Patience {
  let attempts = 0
  let sinceMs = 0
  return {
    reset() {
      attempts = 0
    },
    troubledMs: () => (attempts === 0 ? 0 : clock.now() - sinceMs),
    async wait(retryAfterMs, giveUp) {
      if (attempts++ === 0) sinceMs = clock.now()
      const ownMs = backoffMs(BACKOFF, attempts, random.float())
      const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS))
      if (giveUp.aborted || clock.now() + waitMs - sinceMs > patienceMs) return false
      await clock.sleep(waitMs, giveUp).catch(() => {})
      return !giveUp.aborted
    },
  }
}
