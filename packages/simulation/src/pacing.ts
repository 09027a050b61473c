import type { Clock } from '@millrace/runtime'

/** Virtual seconds per second: 1 is real time, 60 a minute per second, `max` as fast as the sink takes it. */
export type Speed = number | 'max'

/** Ties virtual time to the clock; what is sent never depends on it, only when. */
export interface Pacer {
  /** Virtual time up to which records are due now, ms since the epoch. */
  dueMs(): number
  /** How long until virtual time `virtualMs` is due, ms; 0 when it is. */
  waitMs(virtualMs: number): number
}

/** A pacer whose virtual time is `startMs` now. */
export function createPacer({
  clock,
  speed,
  startMs,
}: {
  readonly clock: Clock
  readonly speed: Speed
  readonly startMs: number
}): Pacer {
  if (speed === 'max') return { dueMs: () => Number.MAX_SAFE_INTEGER, waitMs: () => 0 }
  const beganMs = clock.now()
  const dueMs = (): number => startMs + (clock.now() - beganMs) * speed
  return { dueMs, waitMs: virtualMs => Math.max(0, Math.ceil((virtualMs - dueMs()) / speed)) }
}
