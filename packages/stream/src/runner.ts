import type { Assignment, ConsumerEvent, EventLog } from '@millrace/event-log'
import type { Clock, Component, HealthRegistry, Logger, ServiceMetrics } from '@millrace/runtime'
import { joinGroup, leaveGroup, type Membership, type MembershipParts } from './group-membership.ts'
import { type LogProbe, probeOf } from './log-probe.ts'
import { PartitionWorker } from './partition-worker.ts'
import type { PendingRetry } from './retry.ts'
import { type ResolvedOptions, type RunnerOptions, resolveOptions } from './runner-options.ts'
import { Signal } from './signal.ts'
import type { Topology } from './topology.ts'

export interface RunnerParts {
  readonly topology: Topology
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly health: HealthRegistry
  readonly options?: RunnerOptions
}

export interface Runner extends Component {
  /** Resolves after a stop; rejects with the error when the runner cannot go on. */
  readonly finished: Promise<void>
  /** Whether nothing will happen before time passes or a record comes. */
  readonly isQuiet: boolean
}

/**
 * Runs a topology as a member of the consumer group of its name. What it commits is processed and its outputs are stored; what it
 * cannot process for reasons of infrastructure is tried again until the retry deadline; an unknown error ends it.
 * `start` returns at once: the group is joined in the background, and readiness tells the progress.
 */
export function createRunner(parts: RunnerParts): Runner {
  return new StreamRunner(parts)
}

const keyOf = ({ topic, partition }: Pick<Assignment, 'topic' | 'partition'>): string => `${topic}/${partition}`

class StreamRunner implements Runner {
  readonly name: string
  readonly finished: Promise<void>
  readonly #parts: RunnerParts
  readonly #options: ResolvedOptions
  readonly #membershipParts: MembershipParts
  readonly #workers = new Map<string, PartitionWorker>()
  /** Per partition: the end of its last assignment. */
  readonly #ends = new Map<string, Promise<void>>()
  readonly #changed = new Signal()
  readonly #probe: LogProbe
  readonly #stop = new AbortController()
  readonly #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void }
  #failure: { readonly error: unknown } | null = null
  #joining: PendingRetry | null = null
  #joined: Membership | null = null
  #running: Promise<void> | null = null
  #turnedMs: number
  #tickedMs: number
  #committedMs: number

  constructor(parts: RunnerParts) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => {})
    this.finished = promise
    this.#settle = { resolve, reject }
    this.#parts = parts
    this.#options = resolveOptions(parts.topology.name, parts.options ?? {})
    this.#membershipParts = { ...parts, options: this.#options }
    this.#probe = probeOf(parts.log, parts.clock)
    this.name = parts.topology.name
    this.#turnedMs = this.#tickedMs = this.#committedMs = parts.clock.now()
  }

  get isQuiet(): boolean {
    if (this.#running === null) return true
    if (this.#joining) return true
    return this.#joined?.committer.isIdle === true && [...this.#workers.values()].every(worker => worker.isQuiet)
  }

  async start(): Promise<void> {
    const { health, clock } = this.#parts
    this.#turnedMs = clock.now()
    health.addReadiness(this.name, () => this.#problem())
    health.addLiveness(
      this.name,
      () => !this.#joined || this.#stop.signal.aborted || clock.now() - this.#turnedMs <= this.#options.livenessMs,
    )
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#halt()
    await this.#running
  }

  #halt(): void {
    this.#stop.abort(new Error('stopping'))
    this.#changed.raise()
  }

  #fail(error: unknown): void {
    if (this.#failure) return
    this.#failure = { error }
    this.#parts.logger.error({ err: error, group: this.name }, 'stopped_by_error')
    for (const worker of this.#workers.values()) worker.lose()
    this.#halt()
  }

  #problem(): string | null {
    const { clock } = this.#parts
    if (this.#failure) return `stopped: ${String(this.#failure.error)}`
    if (!this.#joined && !this.#joining) return 'joining the group'
    const pendingRetries = [
      this.#joining,
      this.#joined?.committer.pendingRetry,
      ...[...this.#workers.values()].flatMap(worker => worker.pendingRetries),
    ]
    const [longest] = pendingRetries.filter(found => found != null).sort((a, b) => a.sinceMs - b.sinceMs)
    if (!longest) return this.#probe.problem
    const seconds = Math.round((clock.now() - longest.sinceMs) / 1000)
    return `${longest.what} failing for ${seconds} s: ${longest.error.message}`
  }

  async #run(): Promise<void> {
    try {
      this.#joined = await this.#join()
      await this.#loop(this.#joined)
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fail(error)
    }
    if (this.#joined)
      await leaveGroup(this.#joined, [...this.#workers.values()], {
        ...this.#membershipParts,
        isFailed: this.#failure !== null,
        ended: Promise.all(this.#ends.values()),
      })
    if (this.#failure) this.#settle.reject(this.#failure.error)
    else this.#settle.resolve()
  }

  #join(): Promise<Membership> {
    const { logger } = this.#parts
    return joinGroup(this.#membershipParts, {
      signal: this.#stop.signal,
      onPendingRetry: pendingRetry => {
        const { what, error } = pendingRetry ?? {}
        if (pendingRetry && !this.#joining) logger.warn({ what, reason: error?.message }, 'failing_and_retrying')
        else if (!pendingRetry && this.#joining) logger.info({ what: this.#joining.what }, 'recovered')
        this.#joining = pendingRetry
      },
      onProgress: () => this.#changed.raise(),
      onFailed: error => this.#fail(error),
    })
  }

  /** The only place where partitions come and go, and where positions are committed. */
  async #loop(joined: Membership): Promise<void> {
    const { clock } = this.#parts
    let polling: Promise<ConsumerEvent | null> | null = null
    while (!this.#stop.signal.aborted) {
      this.#turnedMs = clock.now()
      this.#probe.turn()
      polling ??= joined.consumer.poll(this.#options.pollMs)
      // A rejection after the loop has ended is not handled by anyone else.
      polling.catch(() => {})
      const event = await Promise.race([polling, this.#changed.raised])
      this.#changed.clear()
      if (event !== undefined) polling = null
      if (event) this.#handle(event, joined)
      this.#balance(joined)
    }
  }

  #handle(event: ConsumerEvent, joined: Membership): void {
    const { logger } = this.#parts
    if (event.type === 'assigned') for (const assignment of event.assignments) this.#take(assignment, joined)
    else if (event.type === 'revoked') {
      const lost = event.assignments.flatMap(assignment => {
        const worker = this.#workers.get(keyOf(assignment))
        return worker?.assignment.epoch === assignment.epoch ? [worker] : []
      })
      // The log refuses it where the assignment is fenced already; the offsets are right in any case.
      joined.committer.commit(lost)
      for (const worker of lost) this.#drop(worker)
      logger.info({ partitions: event.assignments.map(keyOf) }, 'partitions_revoked')
    } else {
      const worker = this.#workers.get(keyOf(event))
      if (worker?.assignment.epoch !== event.epoch) return
      worker.offer(event.records, event.end)
      this.#tellLag(worker)
    }
  }

  #tellLag({ assignment, position, end }: PartitionWorker): void {
    const { topic, partition, committed, earliest } = assignment
    const finished = position?.offset ?? Math.max(committed?.offset ?? earliest, earliest)
    this.#parts.metrics.lagRecords.set(
      { group: this.name, topic, partition: String(partition) },
      Math.max(0, end - finished),
    )
  }

  #take(assignment: Assignment, joined: Membership): void {
    const { logger, metrics } = this.#parts
    const key = keyOf(assignment)
    const { topic, partition, committed, earliest, end } = assignment
    const old = this.#workers.get(key)
    if (old) this.#drop(old)
    const expired = Math.max(0, earliest - (committed?.offset ?? earliest))
    metrics.recordsExpired.inc({ topic }, expired)
    if (expired > 0)
      logger.error(
        { topic, partition, committed: committed?.offset, earliest },
        'records_expired_before_they_were_read',
      )
    const worker = new PartitionWorker(assignment, joined.workerParts, this.#ends.get(key))
    this.#workers.set(key, worker)
    this.#ends.set(key, worker.ended)
    this.#tellLag(worker)
    logger.info({ topic, partition, committed: committed?.offset ?? null, earliest, end }, 'partition_assigned')
  }

  #drop(worker: PartitionWorker): void {
    const { topic, partition } = worker.assignment
    worker.lose()
    this.#workers.delete(keyOf(worker.assignment))
    this.#parts.metrics.lagRecords.remove({ group: this.name, topic, partition: String(partition) })
  }

  /** What is due in each turn: flow control, ticks, commits. */
  #balance({ consumer, committer }: Membership): void {
    const { clock, metrics } = this.#parts
    const { budget, tickMs, commitEveryMs } = this.#options
    for (const { share, unfinishedBytes } of this.#workers.values()) share.hold(unfinishedBytes)
    for (const { share, assignment } of this.#workers.values()) {
      if (!share.settle()) continue
      if (share.isPaused) consumer.pause([assignment])
      else consumer.resume([assignment])
    }
    metrics.inFlightBytes.set(budget.heldBytes)
    const nowMs = clock.now()
    if (nowMs - this.#tickedMs >= tickMs) {
      this.#tickedMs = nowMs
      for (const worker of this.#workers.values()) worker.tick()
    }
    if (nowMs - this.#committedMs >= commitEveryMs && committer.isIdle) {
      this.#committedMs = nowMs
      committer.commit(this.#workers.values())
    }
  }
}
