import { createInstantWriter, type EventOf, isPlausibleEventTime, type Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { emitEvent } from '../emit-event.ts'
import { failedRecord } from '../failed-records.ts'
import { IdTable } from '../id-table.ts'
import { advance, type Progress, type RestartPoint } from '../progress.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from '../topology.ts'
import { emptyRestartState, encodeRestartState, type RestartState, restartFrom } from './restart-state.ts'
import type { RestoreTotals } from './restore-totals.ts'
import { createSourceReader } from './source-event.ts'
import { type Group, groupKey, type LateEvents, TOTAL_WINDOW_MS, type WindowPartial } from './window-records.ts'
import type { WindowedAggregationOptions } from './windowed-aggregation.ts'

interface Partial<Result> {
  readonly group: Group
  result: Result
  events: number
  /** Offset behind the last event. */
  revision: number
}

interface Partials<Result> {
  /** Start of their window, ms. */
  readonly windowMs: number
  readonly byGroup: Map<string, Partial<Result>>
  /** Those that changed since they were published. */
  readonly changed: Set<Partial<Result>>
}

interface Window<Result> {
  readonly startMs: number
  /** How far the partition had come before the first event of the window, and the offset of that event. */
  readonly since: RestartPoint
  /** Ids of the events that are counted. */
  readonly ids: IdTable
  readonly partials: Partials<Result>
}

const noPartials = <Result>(windowMs: number): Partials<Result> => ({
  windowMs,
  byGroup: new Map(),
  changed: new Set(),
})

/** As for the windowed aggregation. */
export type PartialOptions<Source extends Topic, Result> = Pick<
  WindowedAggregationOptions<Source, Topic, Result>,
  'source' | 'partials' | 'late' | 'windowMs' | 'graceMs' | 'groupsOf' | 'zero' | 'add' | 'logger' | 'metrics'
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
  readonly #windows = new Map<number, Window<Result>>()
  readonly #restoreTotals: RestoreTotals | null
  #totals: Partials<Result> | null = null
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
  #changed = 0
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

  async #restore(totals: AsyncIterable<WindowPartial>): Promise<Partials<Result>> {
    const partials = noPartials<Result>(TOTAL_WINDOW_MS)
    for await (const { group, result, events, revision } of totals) {
      const key = groupKey(group)
      if (revision > (partials.byGroup.get(key)?.revision ?? 0))
        partials.byGroup.set(key, { group, result: result as Result, events, revision })
    }
    return partials
  }

  process(records: readonly LogRecord[]): ProcessResult {
    for (const record of records) this.#count(record)
    return this.#changed >= MOST_CHANGED ? this.#flush() : this.#take(null)
  }

  tick(): ProcessResult | null {
    return this.#next > this.#flushed ? this.#flush() : null
  }

  close(reason: 'revoked' | 'stopping'): ProcessResult | null {
    return reason === 'stopping' ? this.tick() : null
  }

  #count(record: LogRecord): void {
    const { graceMs } = this.#options
    const { offset, timestampMs: sentMs } = record
    this.#next = offset + 1
    const isPublished = offset >= this.#publishFrom
    const decoded = this.#read(record)
    if (decoded.kind !== 'ok') {
      if (decoded.kind === 'dead-letter' && isPublished) this.#failed.push(failedRecord(record, decoded))
      return
    }
    const { event, eventId, timeMs } = decoded.value
    const startMs = this.#startOf(timeMs)
    const before = this.#progress
    this.#progress = advance(before, timeMs, sentMs)
    const isPlausible = isPlausibleEventTime(timeMs, sentMs)
    const isAfterGrace = startMs + this.#options.windowMs + graceMs <= before.watermarkMs
    if (!isPlausible || isAfterGrace || startMs <= this.#lostUpToMs) {
      const reason = !isPlausible ? 'implausible_time' : isAfterGrace ? 'after_grace' : 'state_expired'
      this.#tooLate({ eventId, timeMs, startMs, reason, offset })
    } else this.#addTo(this.#window(startMs, { offset, before }), { event, eventId, offset, isPublished })
    if (this.#progress.watermarkMs >= this.#nextDropMs) this.#dropWindows()
  }

  #startOf(timeMs: number): number {
    return Math.floor(timeMs / this.#options.windowMs) * this.#options.windowMs
  }

  #window(startMs: number, { offset, before }: { readonly offset: number; readonly before: Progress }): Window<Result> {
    const known = this.#windows.get(startMs)
    if (known) return known
    const since = { stateFrom: offset, progress: before }
    const window = { startMs, since, ids: new IdTable(), partials: this.#totals ?? noPartials<Result>(startMs) }
    this.#windows.set(startMs, window)
    this.#nextDropMs = Math.min(this.#nextDropMs, this.#dropMs(window))
    this.#newestWindowMs = Math.max(this.#newestWindowMs, startMs)
    return window
  }

  #addTo(
    window: Window<Result>,
    {
      event,
      eventId,
      offset,
      isPublished,
    }: {
      readonly event: EventOf<Source>
      readonly eventId: string
      readonly offset: number
      readonly isPublished: boolean
    },
  ): void {
    const { groupsOf, zero, add, metrics } = this.#options
    const { topic } = this.#assignment
    if (window.ids.putIfAbsent(eventId, offset - window.since.stateFrom) !== null) {
      if (isPublished) metrics?.duplicates.inc({ topic }, 1)
      return
    }
    // A total that was committed holds the event, or it is a copy whose id is no longer known.
    if (this.#totals && !isPublished) return
    const { byGroup, changed } = window.partials
    for (const group of groupsOf(event)) {
      const key = groupKey(group)
      let partial = byGroup.get(key)
      if (!partial) {
        partial = { group, result: zero, events: 0, revision: 0 }
        byGroup.set(key, partial)
      }
      // A total that was restored may have come further than what was committed.
      if (offset < partial.revision) continue
      partial.result = add(partial.result, event)
      partial.events++
      partial.revision = offset + 1
      if (!isPublished || changed.has(partial)) continue
      changed.add(partial)
      this.#changed++
    }
  }

  #tooLate({
    eventId,
    timeMs,
    startMs,
    reason,
    offset,
  }: {
    readonly eventId: string
    readonly timeMs: number
    readonly startMs: number
    readonly reason: LateEvents['reason']
    readonly offset: number
  }): void {
    if (offset < this.#publishFrom) return
    const { topic, partition } = this.#assignment
    this.#options.metrics?.late.inc({ topic }, 1)
    this.#emits.push(
      emitEvent(this.#options.late, {
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
  #dropMs({ startMs }: Window<Result>): number {
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

  #publish({ windowMs, changed }: Partials<Result>): void {
    const { partition } = this.#assignment
    for (const partial of changed)
      this.#emits.push(
        emitEvent(this.#options.partials, {
          window: writeInstant(windowMs),
          partition,
          ...partial,
          group: partial.group as string[],
          watermark: writeInstant(this.#progress.watermarkMs),
        }),
      )
    this.#changed -= changed.size
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
    // Windows are in the order of their first events.
    const [oldest] = this.#windows.values()
    const { stateFrom, progress } = oldest?.since ?? { stateFrom: this.#next, progress: this.#progress }
    const { topic, partition } = this.#assignment
    this.#options.metrics?.rewind.set({ topic, partition }, this.#next - stateFrom)
    return { stateFrom, progress, newestWindowMs: this.#newestWindowMs, lostUpToMs: this.#lostUpToMs }
  }
}
