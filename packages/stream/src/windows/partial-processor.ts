import { createInstantWriter, type EventOf, isPlausibleEventTime, type Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { emitEvent } from '../emit-event.ts'
import { failedRecord } from '../failed-records.ts'
import { IdTable } from '../id-table.ts'
import { advance, type Progress, type RestartPoint } from '../progress.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from '../topology.ts'
import { type Arrival, addEvent, correctEvent, type Window } from './count-event.ts'
import { NewestRecords } from './newest-records.ts'
import { PartialResults } from './partial-results.ts'
import { emptyRestartState, encodeRestartState, type RestartState, restartFrom } from './restart-state.ts'
import type { RestoreTotals } from './restore-totals.ts'
import { createSourceReader } from './source-event.ts'
import { type LateEvents, TOTAL_WINDOW_MS, type WindowPartial } from './window-records.ts'
import type { WindowedAggregationOptions } from './windowed-aggregation.ts'

/** As for the windowed aggregation. */
export type PartialOptions<Source extends Topic, Result> = Pick<
  WindowedAggregationOptions<Source, Topic, Result>,
  | 'source'
  | 'partials'
  | 'late'
  | 'windowMs'
  | 'graceMs'
  | 'isCounted'
  | 'sentMsOf'
  | 'groupsOf'
  | 'zero'
  | 'add'
  | 'subtract'
  | 'isCorrection'
  | 'keptFields'
  | 'logger'
  | 'metrics'
>

/** Changed partial results that are published at the latest, whatever the time. */
const MOST_CHANGED = 20_000
const writeInstant = createInstantWriter()

/**
 * Stage one, for one source partition. Its state is a function of the partition's log: it depends on the events of the windows that
 * are still counted, and a restart reads from the first of them. Nothing is committed before it is published.
 * Of totals, the windows hold the ids only: the partial results are those of one window without an end, and are restored.
 */
export class PartialProcessor<Source extends Topic, Result> implements PartitionProcessor {
  readonly #options: PartialOptions<Source, Result>
  readonly #read
  readonly #windows = new Map<number, Window<EventOf<Source>, Result>>()
  readonly #restoreTotals: RestoreTotals | null
  #totals: PartialResults<EventOf<Source>, Result> | null = null
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: '', partition: 0 }
  #publishFrom = 0
  #progress: Progress = emptyRestartState(0).progress
  #newestWindowMs = Number.NEGATIVE_INFINITY
  /** Watermark with which the next window is forgotten, ms. */
  #nextDropMs = Number.POSITIVE_INFINITY
  /** Windows up to this one lack records that retention took: what was published of them stays. */
  #lostUpToMs = Number.NEGATIVE_INFINITY
  /** Offset behind the last record. */
  #next = 0
  #flushed = 0
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(options: PartialOptions<Source, Result>, restoreTotals: RestoreTotals | null = null) {
    this.#options = options
    this.#restoreTotals = restoreTotals
    this.#read = createSourceReader(options.source)
  }

  async open(assignment: Assignment) {
    const { topic, partition } = assignment
    const { readFrom, publishFrom, state, lostUpToMs } = restartFrom(assignment)
    this.#assignment = { topic, partition }
    this.#publishFrom = publishFrom
    this.#progress = state.progress
    this.#newestWindowMs = state.newestWindowMs
    this.#next = readFrom
    this.#flushed = publishFrom
    if (this.#restoreTotals) this.#totals = await this.#restore(this.#restoreTotals(assignment))
    else this.#lostUpToMs = lostUpToMs
    if (readFrom > state.stateFrom)
      this.#options.logger?.warn({ topic, partition, ...state, readFrom }, 'window_state_lost_to_retention')
    return { readFrom, publishFrom }
  }

  async #restore(totals: AsyncIterable<WindowPartial>): Promise<PartialResults<EventOf<Source>, Result>> {
    const partials = new PartialResults<EventOf<Source>, Result>(TOTAL_WINDOW_MS, this.#options)
    for await (const total of totals) partials.restore({ ...total, result: total.result as Result })
    return partials
  }

  process(records: readonly LogRecord[]): ProcessResult {
    for (const record of records) this.#count(record)
    return this.#changed() >= MOST_CHANGED ? this.#flush() : this.#take(null)
  }

  tick(): ProcessResult | null {
    return this.#next > this.#flushed ? this.#flush() : null
  }

  close(reason: 'revoked' | 'stopping'): ProcessResult | null {
    return reason === 'stopping' ? this.tick() : null
  }

  #count(record: LogRecord): void {
    const { isCounted, sentMsOf } = this.#options
    const { offset } = record
    this.#next = offset + 1
    const isPublished = offset >= this.#publishFrom
    const decoded = this.#read(record)
    if (decoded.kind !== 'ok') {
      if (decoded.kind === 'dead-letter' && isPublished) this.#failed.push(failedRecord(record, decoded))
      return
    }
    const { event, timeMs } = decoded.value
    const sentMs = sentMsOf?.(event) ?? record.timestampMs
    const before = this.#progress
    this.#progress = advance(before, timeMs, sentMs)
    if (isCounted?.(event) ?? true)
      this.#place({ event, eventId: decoded.value.eventId, timeMs, sentMs, record, isPublished }, before)
    if (this.#progress.watermarkMs >= this.#nextDropMs) this.#dropWindows()
  }

  #place(arrival: Arrival<Source>, before: Progress): void {
    const { windowMs, graceMs, subtract, metrics } = this.#options
    const { timeMs, sentMs, record, isPublished } = arrival
    const startMs = this.#startOf(timeMs)
    const isPlausible = isPlausibleEventTime(timeMs, sentMs)
    const isAfterGrace = startMs + windowMs + graceMs <= before.watermarkMs
    if (!isPlausible || isAfterGrace || startMs <= this.#lostUpToMs) {
      const reason = !isPlausible ? 'implausible_time' : isAfterGrace ? 'after_grace' : 'state_expired'
      this.#tooLate(arrival, startMs, reason)
    } else {
      const window = this.#window(startMs, { stateFrom: record.offset, progress: before })
      // A total that was committed holds the event, or it is a copy whose id is no longer known.
      const isHeld = this.#totals !== null && !isPublished
      const outcome = subtract
        ? correctEvent(window, arrival, { windows: this.#windows.values(), options: this.#options, isHeld })
        : addEvent(window, arrival, isHeld)
      if (outcome !== 'counted' && isPublished)
        metrics?.[outcome === 'late' ? 'late' : 'duplicates'].inc({ topic: record.topic }, 1)
    }
  }

  #startOf(timeMs: number): number {
    return Math.floor(timeMs / this.#options.windowMs) * this.#options.windowMs
  }

  #window(startMs: number, since: RestartPoint): Window<EventOf<Source>, Result> {
    const known = this.#windows.get(startMs)
    if (known) return known
    const partials = this.#totals ?? new PartialResults<EventOf<Source>, Result>(startMs, this.#options)
    const window = { startMs, since, ids: new IdTable(), newest: new NewestRecords(), partials }
    this.#windows.set(startMs, window)
    this.#nextDropMs = Math.min(this.#nextDropMs, this.#dropMs(window))
    this.#newestWindowMs = Math.max(this.#newestWindowMs, startMs)
    return window
  }

  #tooLate(
    { event, eventId, timeMs, record: { topic, partition, offset }, isPublished }: Arrival<Source>,
    startMs: number,
    reason: LateEvents['reason'],
  ): void {
    const { late, metrics, isCorrection } = this.#options
    if (!isPublished) return
    metrics?.late.inc({ topic }, 1)
    // The event counts as it was before, or is told of as late already.
    if (isCorrection?.(event)) return
    this.#emits.push(
      emitEvent(late, {
        eventId: `${eventId}:late`,
        datetime: writeInstant(timeMs),
        window: writeInstant(this.#totals?.windowMs ?? startMs),
        group: null,
        partition,
        events: 1,
        reason,
        revision: offset + 1,
      } satisfies LateEvents),
    )
  }

  /** Watermark with which the grace of a window is over, ms. */
  #dropMs({ startMs }: { readonly startMs: number }): number {
    return startMs + this.#options.windowMs + this.#options.graceMs
  }

  /** Forgets the windows whose grace is over; what changed in them is published first. */
  #dropWindows(): void {
    this.#nextDropMs = Number.POSITIVE_INFINITY
    for (const window of this.#windows.values()) {
      const dropMs = this.#dropMs(window)
      if (dropMs > this.#progress.watermarkMs) this.#nextDropMs = Math.min(this.#nextDropMs, dropMs)
      else {
        this.#publish(window.partials)
        this.#windows.delete(window.startMs)
      }
    }
  }

  #changed(): number {
    if (this.#totals) return this.#totals.changed.size
    let size = 0
    for (const { partials } of this.#windows.values()) size += partials.changed.size
    return size
  }

  #publish({ windowMs, changed }: PartialResults<EventOf<Source>, Result>): void {
    const { partition } = this.#assignment
    const window = writeInstant(windowMs)
    const watermark = writeInstant(this.#progress.watermarkMs)
    for (const { group, events, result, revision } of changed)
      this.#emits.push(
        emitEvent(this.#options.partials, {
          window,
          group: group as string[],
          partition,
          events,
          result,
          revision,
          watermark,
        }),
      )
    changed.clear()
  }

  #flush(): ProcessResult {
    for (const { partials } of this.#windows.values()) if (partials.changed.size > 0) this.#publish(partials)
    this.#flushed = this.#next
    return this.#take(this.#next)
  }

  #take(done: number | null): ProcessResult {
    const result = {
      emits: this.#emits,
      failed: this.#failed,
      done,
      metadata: encodeRestartState(this.#restartState()),
    }
    this.#emits = []
    this.#failed = []
    return result
  }

  #restartState(): RestartState {
    let oldest: RestartPoint = { stateFrom: this.#next, progress: this.#progress }
    for (const { since } of this.#windows.values()) if (since.stateFrom < oldest.stateFrom) oldest = since
    const { topic, partition } = this.#assignment
    this.#options.metrics?.rewind.set({ topic, partition }, this.#next - oldest.stateFrom)
    return { ...oldest, newestWindowMs: this.#newestWindowMs, lostUpToMs: this.#lostUpToMs }
  }
}
