import { setImmediate as turn } from 'node:timers/promises'
import { serviceOf, type Topic } from '@millrace/contracts'
import type { Assignment, EventLog, LogConsumer, LogProducer, LogRecord } from '@millrace/event-log'
import { type Clock, CodedError, type Logger, type Semaphore, type ServiceMetrics } from '@millrace/runtime'
import type { BudgetShare } from './byte-budget.ts'
import { awaitTopic } from './errors.ts'
import { freshnessMs } from './freshness.ts'
import { Outbox, type Position } from './outbox.ts'
import { PublishedOutputs, readCommittedText } from './published-outputs.ts'
import { type PendingRetry, retry } from './retry.ts'
import type { ResolvedOptions } from './runner-options.ts'
import { Signal } from './signal.ts'
import type { PartitionProcessor, ProcessResult, Topology } from './topology.ts'

export interface WorkerParts {
  readonly topology: Topology
  readonly log: EventLog
  readonly consumer: LogConsumer
  readonly producer: LogProducer
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly options: ResolvedOptions
  /** Limits the calls of processors at the same time, over all partitions. */
  readonly processing: Semaphore
  /** Called when the runner's loop may have something to do: room for records, or a position to commit. */
  readonly onProgress: () => void
  readonly onFailed: (error: unknown) => void
}

const LOST = new Error('the partition was lost')
/** In place of a processor's text, in the position that a partition has before anything was processed. */
const NOTHING_PROCESSED = '-'

const bytesOf = (records: readonly LogRecord[]): number =>
  records.reduce((sum, { key, value }) => sum + key.length + value.length, 0)

/** One assignment of one partition: processes its records one batch after the other and hands the results to its outbox. */
export class PartitionWorker {
  readonly assignment: Assignment
  /** Resolves when all work of this assignment has ended; never rejects. */
  readonly ended: Promise<void>
  /** What it holds of the bytes in flight. */
  readonly share: BudgetShare
  /** End of the partition as last heard. */
  end: number
  readonly #parts: WorkerParts
  readonly #topic: Topic
  readonly #outbox: Outbox
  readonly #outputs: PublishedOutputs
  readonly #lost = new AbortController()
  readonly #changed = new Signal()
  readonly #pendingRetries = new Map<string, PendingRetry>()
  readonly #inbox: (readonly LogRecord[])[] = []
  #unprocessedBytes = 0
  #publishFrom = 0
  #isTickDue = false
  #isDraining = false
  #isWaiting = false
  #hasEnded = false
  /** Attempts under way: calls of the processor and appends. */
  #attempts = 0

  /** @param before the end of an earlier assignment of the partition to this process: this one begins after it */
  constructor(assignment: Assignment, parts: WorkerParts, before: Promise<void> | undefined) {
    this.assignment = assignment
    this.end = assignment.end
    this.#parts = parts
    this.share = parts.options.budget.open()
    const { topology, log, producer, clock, metrics, options } = parts
    this.#topic = topology.topics.find(({ name }) => name === assignment.topic)!
    this.#outputs = new PublishedOutputs(topology, this.#topic, log)
    this.#outbox = new Outbox({
      service: serviceOf(topology.name),
      producer,
      clock,
      metrics,
      outputs: this.#outputs,
      storedLast: new Set(topology.restoredFrom?.map(({ name }) => name)),
      appendDeadlineMs: options.appendDeadlineMs,
      retry: (what, attempt) => this.#retry(what, attempt),
      onStored: parts.onProgress,
      onFailed: error => this.#fail(error),
    })
    this.ended = this.#run(before)
  }

  /** Bytes of records that were taken and are not finished. */
  get unfinishedBytes(): number {
    return this.#unprocessedBytes + this.#outbox.pendingBytes
  }

  /** What may be committed; null when nothing was finished yet. */
  get position(): Position | null {
    return this.#outbox.position
  }

  get pendingRetries(): readonly PendingRetry[] {
    return [...this.#pendingRetries.values()]
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted
  }

  /** Nothing will happen here before time passes or something is given. */
  get isQuiet(): boolean {
    const isBackingOff = this.#pendingRetries.size > 0
    if (this.#attempts > 0) return false
    return (
      this.#hasEnded ||
      isBackingOff ||
      (this.#isWaiting && this.#inbox.length === 0 && !this.#isTickDue && this.#outbox.isEmpty)
    )
  }

  offer(records: readonly LogRecord[], end: number): void {
    this.end = end
    this.#inbox.push(records)
    this.#unprocessedBytes += bytesOf(records)
    this.#changed.raise()
  }

  tick(): void {
    this.#isTickDue = true
    this.#changed.raise()
  }

  /** Finishes the current batch, closes the processor and stores its last result; batches that were not begun are left. */
  drain(): Promise<void> {
    this.#isDraining = true
    this.#changed.raise()
    return this.ended
  }

  /** The assignment is lost: from now on no result of it is stored or committed. */
  lose(): void {
    this.#lost.abort(LOST)
    this.share.close()
    this.#changed.raise()
  }

  async #run(before: Promise<void> | undefined): Promise<void> {
    const { topology, consumer } = this.#parts
    const { partition } = this.assignment
    let processor: PartitionProcessor | undefined
    try {
      await before
      if (this.#isOver()) return
      const opening = topology.createProcessor(this.#topic, partition)
      processor = opening
      const { own, outputs } = readCommittedText(this.assignment.committed?.metadata ?? '')
      const opened = await this.#work('open', () => opening.open(this.#assignmentWith(own)))
      this.#publishFrom = opened.publishFrom
      await this.#work('find published outputs', () => this.#findPublished(own, outputs))
      if (!this.#isOver()) consumer.start(this.assignment, opened.readFrom)
      while (!this.#isOver()) await this.#next(processor)
    } catch (error) {
      this.#fail(error)
    }
    if (processor) await this.#close(processor)
    await this.#outbox.settled()
    this.#pendingRetries.clear()
    this.#hasEnded = true
  }

  /** The assignment as a processor knows it. */
  #assignmentWith(own: string): Assignment {
    const { committed } = this.assignment
    return {
      ...this.assignment,
      committed: committed && own !== NOTHING_PROCESSED ? { ...committed, metadata: own } : null,
    }
  }

  /** Finds out what a process before this one published behind the position; where no position says so, makes one that does. */
  async #findPublished(own: string, text: string | null): Promise<void> {
    const { consumer, logger } = this.#parts
    const { topic, partition, epoch, committed } = this.assignment
    if (text !== null) {
      const found = await this.#outputs.goOn(text, partition)
      if (found > 0) logger.info({ topic, partition, outputs: found }, 'published_before')
      return
    }
    await this.#outputs.begin(partition)
    if (!this.#outputs.areTracked || this.#isOver()) return
    const metadata = this.#outputs.textBeside(committed ? own : NOTHING_PROCESSED)
    const offset = committed?.offset ?? this.#publishFrom
    try {
      await consumer.commit([{ topic, partition, epoch, offset, metadata }])
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'fenced')) throw error
      this.lose()
    }
  }

  #isOver(): boolean {
    return this.#isDraining || this.isLost
  }

  async #next(processor: PartitionProcessor): Promise<void> {
    const batch = this.#inbox.shift()
    if (batch) await this.#process(processor, batch)
    else if (this.#isTickDue) {
      this.#isTickDue = false
      if (!processor.tick) return
      const result = await this.#work('tick', () => processor.tick?.(this.#parts.clock.now()) ?? null)
      if (result) this.#outbox.push(result, 0)
    } else {
      this.#isWaiting = true
      await this.#changed.raised
      this.#changed.clear()
      this.#isWaiting = false
    }
  }

  async #process(processor: PartitionProcessor, batch: readonly LogRecord[]): Promise<void> {
    // Results of records below publishFrom are dropped, so no call may hold both kinds.
    const split = batch.findIndex(({ offset }) => offset >= this.#publishFrom)
    const rebuilt = split < 0 ? batch : batch.slice(0, split)
    const published = split < 0 ? [] : batch.slice(split)
    if (rebuilt.length > 0) {
      await this.#work('process', () => processor.process(rebuilt))
      this.#unprocessedBytes -= bytesOf(rebuilt)
    }
    if (published.length > 0) await this.#publish(processor, published)
    this.#parts.onProgress()
    // Processors may never wait for anything: let the rest of the process have its turn.
    await turn()
  }

  async #publish(processor: PartitionProcessor, records: readonly LogRecord[]): Promise<void> {
    const { clock, metrics } = this.#parts
    const { topic } = this.assignment
    const startedMs = clock.now()
    const result = await this.#work('process', () => processor.process(records))
    const bytes = bytesOf(records)
    this.#unprocessedBytes -= bytes
    if (this.isLost) return
    this.#outbox.push(result, bytes)
    const nowMs = clock.now()
    metrics.recordsIn.inc({ topic }, records.length)
    metrics.batchDuration.observe({ topic }, (nowMs - startedMs) / 1000)
    metrics.lastProgress.set(nowMs / 1000)
    const ageMs = freshnessMs(this.#topic, records.at(-1)!, nowMs)
    if (ageMs !== null) metrics.freshness.observe({ topic }, ageMs / 1000)
  }

  async #close(processor: PartitionProcessor): Promise<void> {
    const { isLost } = this
    try {
      const result: ProcessResult | null | undefined = await processor.close?.(isLost ? 'revoked' : 'stopping')
      if (result && !isLost) this.#outbox.push(result, 0)
    } catch (error) {
      const { topic, partition } = this.assignment
      this.#parts.logger.warn({ err: error, topic, partition }, 'processor_close_failed')
    }
  }

  #work<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    return this.#retry(what, () => this.#parts.processing.use(work).catch(error => Promise.reject(awaitTopic(error))))
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { clock, options } = this.#parts
    const { topic, partition } = this.assignment
    const counted = async (): Promise<T> => {
      this.#attempts++
      try {
        return await attempt()
      } finally {
        this.#attempts--
      }
    }
    return retry(counted, {
      what: `${what} of ${topic}/${partition}`,
      policy: options.retry,
      clock,
      random: options.random,
      signal: this.#lost.signal,
      onPendingRetry: pendingRetry => this.#note(what, pendingRetry),
    })
  }

  #note(what: string, pendingRetry: PendingRetry | null): void {
    const { clock, logger } = this.#parts
    const { topic, partition } = this.assignment
    const known = this.#pendingRetries.get(what)
    if (pendingRetry) {
      this.#pendingRetries.set(what, pendingRetry)
      if (!known) {
        const { code, message: reason } = pendingRetry.error
        logger.warn({ topic, partition, what, code, reason }, 'failing_and_retrying')
      }
    } else if (known) {
      this.#pendingRetries.delete(what)
      logger.info({ topic, partition, what, forMs: clock.now() - known.sinceMs, attempts: known.attempts }, 'recovered')
    }
  }

  #fail(error: unknown): void {
    if (this.isLost) return
    const { topic, partition } = this.assignment
    this.#parts.logger.error({ err: error, topic, partition }, 'partition_failed')
    this.#parts.onFailed(error)
  }
}
