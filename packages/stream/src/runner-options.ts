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
  /** Most bytes of records that are read and not yet finished; each partition has an equal share, and one batch over it. */
  readonly maxInFlightBytes?: number
  /** Most bytes of one fetched batch. */
  readonly maxBatchBytes?: number
  readonly sessionTimeoutMs?: number
  /** Partitions that are processed at the same time. */
  readonly concurrency?: number
  /** How a failing step, append or commit is repeated, and when the runner gives up. */
  readonly retry?: Partial<RetryPolicy>
  /** Most time for one append to be acknowledged before it is repeated, ms. */
  readonly appendDeadlineMs?: number
  /** Most time for a stop to finish what is at hand, ms. */
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
  maxInFlightBytes: 16 << 20,
  maxBatchBytes: 1 << 20,
  sessionTimeoutMs: 30_000,
  concurrency: 8,
  appendDeadlineMs: 30_000,
  drainDeadlineMs: 20_000,
  livenessMs: 60_000,
  random: Math.random,
} as const satisfies RunnerOptions

const RETRY: RetryPolicy = { firstDelayMs: 100, maxDelayMs: 10_000, deadlineMs: 900_000 }

export type ResolvedOptions = Required<Omit<RunnerOptions, 'retry'>> & { readonly retry: RetryPolicy }

export const resolveOptions = (name: string, options: RunnerOptions): ResolvedOptions => ({
  clientId: name,
  ...DEFAULTS,
  ...options,
  retry: { ...RETRY, ...options.retry },
})
