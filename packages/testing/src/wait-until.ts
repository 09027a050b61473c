import { type Clock, systemClock } from '@millrace/runtime'

export interface WaitOptions {
  readonly deadlineMs: number
  /** Completes the sentence "waited for …", e.g. `'three records in lol.raw'`. */
  readonly what: string
  readonly intervalMs?: number
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock
}

/** A condition that did not come true in time; `cause` is what the last try threw, if it threw. */
export class WaitError extends Error {
  override readonly name = 'WaitError'
}

/**
 * Tries a condition until it gives something truthy, and returns that. A throw counts as "not yet".
 * @throws WaitError at the deadline, saying what was waited for and what the last try gave; the signal's reason when it aborts
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { deadlineMs, what, intervalMs = 50, signal, clock = systemClock }: WaitOptions,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const endMs = clock.now() + deadlineMs
  for (;;) {
    signal?.throwIfAborted()
    let last: unknown
    let failed = false
    try {
      last = await condition()
      if (last) return last as Exclude<T, false | null | undefined | 0 | ''>
    } catch (error) {
      failed = true
      last = error
    }
    const leftMs = endMs - clock.now()
    if (leftMs <= 0) {
      const outcome = failed ? `failed: ${last instanceof Error ? last.message : String(last)}` : `gave ${String(last)}`
      throw new WaitError(`Waited ${deadlineMs / 1000} s for ${what}; the last try ${outcome}`, { cause: last })
    }
    await clock.sleep(Math.min(intervalMs, leftMs), signal)
  }
}
