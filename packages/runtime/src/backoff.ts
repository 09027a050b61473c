export interface BackoffPolicy {
  /** Longest wait before the second attempt, ms; it doubles with every further one. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

/** Longest wait after `attempts` failed attempts, ms. */
export const maxBackoffMs = ({ firstDelayMs, maxDelayMs }: BackoffPolicy, attempts: number): number =>
  Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempts - 1, 30))

/**
 * Wait after `attempts` failed attempts, ms: half of it fixed, half of it random, so that many who fail together do not return
 * together.
 * @param random uniform in [0, 1)
 */
export const backoffMs = (policy: BackoffPolicy, attempts: number, random: number): number =>
  maxBackoffMs(policy, attempts) * (0.5 + random / 2)
