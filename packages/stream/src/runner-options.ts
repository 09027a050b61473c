import { type ByteBudget, createByteBudget } from './byte-budget.ts'
import type { RetryPolicy } from './retry.ts'

export interface RunnerOptions {
  /** Name of this member in logs; the topology's name where left out. */
  readonly clientId?: string
  /** Longest wait for records in one turn of the loop, ms. */
  readonly pollMs?: number
  /** Between two ticks of a processor, ms. */
  readonly tickMs?: number
  /** Between two commits, ms. */
  readonly commitEveryMs?: number
  /**
   * Bytes of records that are read and not yet finished, from which on no more are read; at most one batch per partition comes on
   * top, and what is made of the records until it is stored.
   */
  readonly maxInFlightBytes?: number
  /** In place of `maxInFlightBytes`: a budget that several runners of one process share. */
  readonly budget?: ByteBudget
  /** Most bytes of one fetched batch, where what was stored together is not larger. */
  readonly maxBatchBytes?: number
  readonly sessionTimeoutMs?: number
  /** Partitions that are processed at the same time. */
  readonly concurrency?: number
  /** How a failing step, append or commit is repeated, and when the runner gives up. */
  readonly retry?: Partial<RetryPolicy>
  /** Most time for one append to be acknowledged before it is repeated, ms. */
  readonly appendDeadlineMs?: number
  /** Most time for a stop to finish the current batches, ms. */
  readonly drainDeadlineMs?: number
  /** The process counts as stuck when the loop has not turned for this long, ms. */
  readonly livenessMs?: number
  /** For the jitter of retries; uniform in [0, 1). */
  readonly random?: () => number
}

const DEFAULTS = {
  pollMs: 250,
  tickMs: 1_000,
  commitEveryMs: 1_000,
  maxBatchBytes: 1 << 20,
  sessionTimeoutMs: 30_000,
  concurrency: 8,
  appendDeadlineMs: 30_000,
  drainDeadlineMs: 20_000,
  livenessMs: 60_000,
  random: Math.random,
} as const satisfies RunnerOptions

export const DEFAULT_IN_FLIGHT_BYTES = 16 << 20

const RETRY: RetryPolicy = { firstDelayMs: 100, maxDelayMs: 10_000, deadlineMs: 900_000 }

export type ResolvedOptions = Required<Omit<RunnerOptions, 'retry' | 'maxInFlightBytes'>> & {
  readonly retry: RetryPolicy
}

export const resolveOptions = (
  name: string,
  { maxInFlightBytes = DEFAULT_IN_FLIGHT_BYTES, ...options }: RunnerOptions,
): ResolvedOptions => ({
  clientId: name,
  budget: options.budget ?? createByteBudget(maxInFlightBytes),
  ...DEFAULTS,
  ...options,
  retry: { ...RETRY, ...options.retry },
})
