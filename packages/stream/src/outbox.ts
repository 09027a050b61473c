import { failedEventsTopic } from '@millrace/contracts'
import type { LogProducer, OutgoingRecord } from '@millrace/event-log'
import type { Clock, CodedError, ServiceMetrics } from '@millrace/runtime'
import { awaitTopic } from './errors.ts'
import { emitFailed, failedRecord } from './failed-records.ts'
import type { PublishedOutputs } from './published-outputs.ts'
import { deadLetter } from './step.ts'
import type { Emit, FailedRecord, ProcessResult } from './topology.ts'

/** How far a partition is finished: everything before `offset` is processed and its outputs are stored. */
export interface Position {
  readonly offset: number
  readonly metadata: string
}

export interface OutboxOptions {
  readonly service: string
  readonly producer: LogProducer
  readonly clock: Clock
  readonly metrics: ServiceMetrics
  readonly outputs: PublishedOutputs
  /** Names of the topics that are stored after the others. */
  readonly storedLast: ReadonlySet<string>
  readonly appendDeadlineMs: number
  /** Repeats an attempt while it throws retryable errors. */
  readonly retry: (what: string, attempt: () => Promise<void>) => Promise<void>
  /** Called whenever something was stored. */
  readonly onStored: () => void
  /** Called when something can never be stored; nothing is stored after it. */
  readonly onFailed: (error: unknown) => void
}

interface Waiting {
  readonly result: ProcessResult
  readonly bytes: number
}

/**
 * Appends the results of one partition in order, one batch at a time: results that arrive during an append form the next batch.
 * So no output overtakes an earlier one of its partition, retries included, and a slow log makes larger batches.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #waiting: Waiting[] = []
  #pendingBytes = 0
  #position: Position | null = null
  #running: Promise<void> | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Bytes of results that are not stored, and of the records that they came from. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get isEmpty(): boolean {
    return this.#running === null
  }

  /** Null until a first result is finished. */
  get position(): Position | null {
    return this.#position
  }

  /** Takes a result that came from records of `sourceBytes`. */
  push(result: ProcessResult, sourceBytes: number): void {
    const bytes = result.emits.reduce((sum, { key, value }) => sum + key.length + value.length, sourceBytes)
    this.#waiting.push({ result, bytes })
    this.#pendingBytes += bytes
    this.#running ??= this.#run().catch(this.#options.onFailed)
  }

  /** Resolves when everything that was pushed is stored, or storing has failed. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What belongs to no position yet is not stored with what does: a position says where its own outputs end.
      const finished = this.#waiting.findLastIndex(({ result }) => result.done !== null) + 1
      const round = this.#waiting.splice(0, finished || this.#waiting.length)
      await this.#store(round.map(({ result }) => result))
      for (const { result, bytes } of round) {
        this.#pendingBytes -= bytes
        if (result.done !== null && result.done > (this.#position?.offset ?? -1))
          this.#position = { offset: result.done, metadata: this.#options.outputs.textBeside(result.metadata ?? '') }
      }
      if (this.#waiting.length === 0) this.#running = null
      this.#options.onStored()
    }
  }

  async #store(results: readonly ProcessResult[]): Promise<void> {
    const { service, clock, metrics, storedLast } = this.#options
    const failed = results.flatMap(result => result.failed)
    const byTopic = Map.groupBy(
      results.flatMap(result => result.emits),
      emit => emit.topic,
    )
    for (const isLast of [false, true]) {
      const stage = [...byTopic].filter(([topic]) => storedLast.has(topic) === isLast)
      const appends = await Promise.allSettled(stage.map(([topic, emits]) => this.#append(topic, emits)))
      for (const append of appends) {
        if (append.status === 'rejected') throw append.reason
        failed.push(...append.value)
      }
    }
    if (failed.length === 0) return
    await this.#append(
      failedEventsTopic.name,
      failed.map(record => emitFailed(record, service, clock.now())),
    )
    for (const [reason, records] of Map.groupBy(failed, ({ reason }) => reason.code))
      metrics.recordsFailed.inc({ reason }, records.length)
  }

  /** Appends until everything is stored; returns the records whose output the log will never take. */
  async #append(topic: string, emits: readonly Emit[]): Promise<readonly FailedRecord[]> {
    const { producer, clock, metrics, outputs, appendDeadlineMs: deadlineMs, retry } = this.#options
    const refused: FailedRecord[] = []
    const timestampMs = clock.now()
    let stored = 0
    let left = outputs.withoutFound(topic, emits)
    let isUnsure = false
    await retry(`append to ${topic}`, async () => {
      if (isUnsure) {
        await outputs.look([topic])
        left = outputs.withoutFound(topic, left)
      }
      if (left.length === 0) return
      isUnsure = true
      const results = await producer.append(
        topic,
        left.map(emit => outgoing(emit, timestampMs)),
        { deadlineMs },
      )
      const again: Emit[] = []
      let error: CodedError | undefined
      for (const [index, result] of results.entries()) {
        const emit = left[index]!
        if (result.ok) {
          stored++
          outputs.stored(topic, result)
          continue
        }
        if (result.error.code === 'record_too_large' && emit.source) {
          refused.push(failedRecord(emit.source, deadLetter(result.error.code, result.error.message)))
          continue
        }
        again.push(emit)
        const found = awaitTopic(result.error) as CodedError
        if (!error || found.retryable) error = found
      }
      left = again
      if (error) throw error
    })
    metrics.recordsOut.inc({ topic }, stored)
    return refused
  }
}

const outgoing = ({ key, value, source }: Emit, timestampMs: number): OutgoingRecord =>
  source?.traceparent === undefined
    ? { key, value, timestampMs }
    : { key, value, timestampMs, traceparent: source.traceparent }
