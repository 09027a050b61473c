import type { Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import type { Logger } from '@millrace/runtime'
import type { z } from 'zod'
import { emitEvent } from './emit-event.ts'
import { streamError } from './errors.ts'
import { failedRecord } from './failed-records.ts'
import type { KeyedMetrics } from './keyed-metrics.ts'
import { type Disposition, KeyedState, type KeyedStateOptions } from './keyed-state.ts'
import { decodeRestartPoint, encodeRestartPoint, NO_PROGRESS } from './progress.ts'
import type { DeadLetter, Step } from './step.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from './topology.ts'

const DEFAULT_MAX_KEYS = 1_000_000

/** One record on its way through `onRecord`; only valid during that call. */
export interface KeyedContext {
  readonly record: LogRecord
  readonly key: string
  readonly eventTimeMs: number
  readonly disposition: Exclude<Disposition, 'duplicate'>
  /** The event is older than the newest of its key by more than the allowed lateness. */
  readonly late: boolean
  /** Newest plausible event time of the partition so far, ms. */
  readonly watermarkMs: number
  /** State is being rebuilt: nothing that is emitted now is published, so outputs need not be made. */
  readonly isRebuilding: boolean
  /** Publishes an event as JSON under the key of its topic's contract. Does nothing while state is rebuilt. */
  emit<S extends z.ZodObject>(topic: Topic<S>, event: z.infer<S>): void
  /** Publishes the JSON bytes of an event under the key of the record, for topics that share its key. Does nothing while state is rebuilt. */
  emitBytes(topic: Topic, value: Buffer): void
}

export interface KeyedProcessorOptions<Event, State> extends KeyedStateOptions<State> {
  /** Name of the service, for errors and logs. */
  readonly service: string
  readonly decode: Step<LogRecord, Event>
  readonly keyOf: (event: Event) => string
  /** Event time, ms since the epoch. */
  readonly eventTimeOf: (event: Event) => number
  /** Id by which duplicates are known and dropped; where left out, none are. */
  readonly idOf?: (event: Event) => string
  /**
   * Works one event into the state of its key and emits what follows from it. A pure function of state, event and context: no
   * clock, no random, no I/O. Return a dead letter for an event that proves to be at fault.
   */
  readonly onRecord: (state: State, event: Event, context: KeyedContext) => DeadLetter | undefined
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

/** A processor with state per key that a restart rebuilds from the log: results after kill -9 equal those of an undisturbed run. */
export function createKeyedProcessor<Event, State>(options: KeyedProcessorOptions<Event, State>): PartitionProcessor {
  return new KeyedProcessor({ maxKeys: DEFAULT_MAX_KEYS, ...options })
}

class KeyedProcessor<Event, State> implements PartitionProcessor, KeyedContext {
  readonly #options: KeyedProcessorOptions<Event, State>
  #state: KeyedState<State>
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: '', partition: 0 }
  #publishFrom = 0
  #emits: Emit[] = []
  #failed: FailedRecord[] = []
  #counts = { late: 0, duplicate: 0, implausible: 0, refused: 0 }
  #isKeyLimitLogged = false

  record!: LogRecord
  key = ''
  eventTimeMs = 0
  disposition: Exclude<Disposition, 'duplicate'> = 'on-time'

  constructor(options: KeyedProcessorOptions<Event, State>) {
    this.#options = options
    this.#state = new KeyedState(options)
  }

  get late(): boolean {
    return this.disposition === 'late'
  }

  get watermarkMs(): number {
    return this.#state.watermarkMs
  }

  get isRebuilding(): boolean {
    return this.record.offset < this.#publishFrom
  }

  readonly emit = <S extends z.ZodObject>(topic: Topic<S>, event: z.infer<S>): void => {
    if (!this.isRebuilding) this.#emits.push(emitEvent(topic, event, this.record))
  }

  readonly emitBytes = (topic: Topic, value: Buffer): void => {
    if (!this.isRebuilding) this.#emits.push({ topic: topic.name, key: this.record.key, value, source: this.record })
  }

  async open(assignment: Assignment): Promise<{ readFrom: number; publishFrom: number }> {
    const { topic, partition, committed, earliest } = assignment
    this.#assignment = { topic, partition }
    const next = committed?.offset ?? earliest
    const found = committed ? decodeRestartPoint(committed.metadata) : null
    if (committed && !found)
      this.#options.logger?.warn({ topic, partition, offset: next }, 'state_begins_empty_position_has_no_restart_point')
    if (found && found.stateFrom < earliest)
      this.#options.logger?.warn({ topic, partition, ...found, earliest }, 'state_rebuilt_in_part_records_expired')
    const readFrom = Math.max(earliest, Math.min(found?.stateFrom ?? next, next))
    this.#publishFrom = Math.max(earliest, next)
    this.#state = new KeyedState(this.#options, { stateFrom: readFrom, progress: found?.progress ?? NO_PROGRESS })
    return { readFrom, publishFrom: this.#publishFrom }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    this.#emits = []
    this.#failed = []
    this.#counts = { late: 0, duplicate: 0, implausible: 0, refused: 0 }
    const drops = new Map<string, number>()
    for (const record of records) {
      this.record = record
      try {
        this.#process(record, drops)
      } catch (error) {
        const { topic, partition, offset } = record
        const reason = error instanceof Error ? error.message : String(error)
        throw streamError('step_failed', { service: this.#options.service, topic, partition, offset, reason }, error)
      }
    }
    const done = records.at(-1)!.offset + 1
    this.#report(done, drops)
    return {
      emits: this.#emits,
      failed: this.#failed,
      done,
      metadata: encodeRestartPoint(this.#state.restartPoint),
    }
  }

  #process(record: LogRecord, drops: Map<string, number>): void {
    const { decode, keyOf, eventTimeOf, idOf, onRecord } = this.#options
    const isPublished = record.offset >= this.#publishFrom
    const decoded = decode(record, record)
    if (decoded.kind === 'ok') {
      const event = decoded.value
      this.key = keyOf(event)
      this.eventTimeMs = eventTimeOf(event)
      const { disposition, state } = this.#state.visit({
        key: this.key,
        id: idOf ? idOf(event) : null,
        eventTimeMs: this.eventTimeMs,
        sentMs: record.timestampMs,
        offset: record.offset,
      })
      if (isPublished && disposition !== 'on-time') this.#counts[disposition]++
      if (disposition === 'duplicate') return
      this.disposition = disposition
      const fault = onRecord(state, event, this)
      if (fault && isPublished) this.#failed.push(failedRecord(record, fault))
    } else if (!isPublished) return
    else if (decoded.kind === 'dead-letter') this.#failed.push(failedRecord(record, decoded))
    else drops.set(decoded.reason, (drops.get(decoded.reason) ?? 0) + 1)
  }

  #report(done: number, drops: ReadonlyMap<string, number>): void {
    const { metrics, logger, maxKeys } = this.#options
    const { topic, partition } = this.#assignment
    const { late, duplicate, implausible, refused } = this.#counts
    if (refused > 0 && !this.#isKeyLimitLogged) logger?.error({ topic, partition, maxKeys, refused }, 'too_many_keys')
    this.#isKeyLimitLogged = refused > 0
    if (!metrics) return
    metrics.late.inc({ topic }, late)
    metrics.duplicates.inc({ topic }, duplicate)
    metrics.implausibleTimes.inc({ topic }, implausible)
    metrics.refused.inc({ topic }, refused)
    for (const [reason, count] of drops) metrics.dropped.inc({ topic, reason }, count)
    metrics.keys.set({ topic, partition }, this.#state.size)
    metrics.eventIds.set({ topic, partition }, this.#state.seenIds)
    metrics.rewind.set({ topic, partition }, done - this.#state.restartPoint.stateFrom)
  }
}
