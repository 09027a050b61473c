import type { CommitPosition, LogConsumer } from '@millrace/event-log'
import { type Clock, CodedError, isRetryable, type Logger, type ServiceMetrics } from '@millrace/runtime'
import { streamError } from './errors.ts'
import type { PartitionWorker } from './partition-worker.ts'
import type { PendingRetry, RetryPolicy } from './retry.ts'

export interface CommitterParts {
  readonly group: string
  readonly consumer: LogConsumer
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly retry: RetryPolicy
  readonly onFailed: (error: unknown) => void
}

/** Commits what is finished, one call at a time. A commit that fails is simply made again, with what is finished by then. */
export class Committer {
  readonly #parts: CommitterParts
  /** Per partition assignment: the offset that was committed last, or null once the log has fenced the assignment. */
  readonly #committed = new WeakMap<PartitionWorker, number | null>()
  #underWay: Promise<void> | null = null
  #pendingRetry: PendingRetry | null = null
  #isClosed = false

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  get pendingRetry(): PendingRetry | null {
    return this.#pendingRetry
  }

  get isIdle(): boolean {
    return this.#underWay === null
  }

  /** Commits the positions that have moved; resolves when the log has answered, whatever it said. */
  commit(workers: Iterable<PartitionWorker>): Promise<void> {
    const owners = [...workers]
    const commit = (this.#underWay ?? Promise.resolve())
      .then(() => this.#commit(owners))
      .finally(() => {
        if (this.#underWay === commit) this.#underWay = null
      })
    this.#underWay = commit
    return commit
  }

  /** From now on nothing is committed. */
  close(): void {
    this.#isClosed = true
  }

  /** Whether nothing is left to commit. */
  isDone(workers: readonly PartitionWorker[]): boolean {
    return this.#isClosed || workers.every(worker => this.#next(worker) === null)
  }

  #next(worker: PartitionWorker): CommitPosition | null {
    const { topic, partition, epoch, committed } = worker.assignment
    const last = this.#committed.get(worker)
    const { position } = worker
    if (last === null || !position || position.offset <= (last ?? committed?.offset ?? -1)) return null
    return { topic, partition, epoch, ...position }
  }

  async #commit(workers: readonly PartitionWorker[]): Promise<void> {
    const { group, consumer, metrics, onFailed } = this.#parts
    const moved = workers.flatMap(worker => {
      const position = this.#next(worker)
      return position ? [{ worker, position }] : []
    })
    if (moved.length === 0 || this.#isClosed) return
    try {
      await consumer.commit(moved.map(({ position }) => position))
    } catch (error) {
      const fenced = error instanceof CodedError && error.code === 'fenced' ? error.details : null
      if (fenced) {
        for (const { worker, position } of moved)
          if (position.topic === fenced.topic && position.partition === fenced.partition)
            this.#committed.set(worker, null)
      } else if (isRetryable(error)) this.#note(error as CodedError)
      else if (!this.#isClosed) onFailed(error)
      return
    }
    this.#recover()
    for (const { worker, position } of moved) {
      const { topic, partition, offset } = position
      this.#committed.set(worker, offset)
      if (!worker.isLost)
        metrics.lagRecords.set({ group, topic, partition: String(partition) }, Math.max(0, worker.end - offset))
    }
  }

  #note(error: CodedError): void {
    const { clock, logger, retry, onFailed } = this.#parts
    const what = 'commit'
    const nowMs = clock.now()
    const { sinceMs, attempts } = this.#pendingRetry ?? { sinceMs: nowMs, attempts: 0 }
    if (!this.#pendingRetry) logger.warn({ what, code: error.code, reason: error.message }, 'failing_and_retrying')
    this.#pendingRetry = { what, error, sinceMs, attempts: attempts + 1 }
    if (nowMs - sinceMs <= retry.deadlineMs) return
    const seconds = Math.round((nowMs - sinceMs) / 1000)
    onFailed(streamError('gave_up', { what, seconds, attempts: attempts + 1, reason: error.message }, error))
  }

  #recover(): void {
    if (!this.#pendingRetry) return
    const { what, sinceMs, attempts } = this.#pendingRetry
    this.#parts.logger.info({ what, forMs: this.#parts.clock.now() - sinceMs, attempts }, 'recovered')
    this.#pendingRetry = null
  }
}
