import type { EventOf, Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { emitEvent } from '../emit-event.ts'
import { failedRecord } from '../failed-records.ts'
import { NO_PROGRESS } from '../progress.ts'
import { deadLetter } from '../step.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from '../topology.ts'
import { GroupMap } from './group-map.ts'
import { createPartialReader, type TimedPartial } from './read-partial.ts'
import { encodeRestartState, restartFrom } from './restart-state.ts'
import type { RestoreTotals } from './restore-totals.ts'
import { groupKey, type LateEvents, TOTAL_WINDOW_MS, type WindowPartial } from './window-records.ts'
import type { WindowedAggregationOptions, WindowResult } from './windowed-aggregation.ts'

interface MergedGroup {
  readonly group: readonly string[]
  /** The latest partial result of each source partition, in their order: sums of fractions depend on it. */
  readonly parts: WindowPartial[]
}

interface MergedWindow {
  readonly startMs: number
  /** Offset of the first partial result of the window. */
  readonly since: number
  readonly groups: GroupMap<MergedGroup>
  readonly changed: Set<MergedGroup>
  /** Newest time of sending of a partial result of the window, ms. */
  touchedMs: number
}

const MINUTE_MS = 60_000

interface SourceProgress {
  watermarkMs: number
  sentMs: number
}

/** A merged result and the partial results in it, by partition. */
export interface MergedResult<Result> extends WindowResult<Result> {
  readonly parts: readonly WindowPartial[]
}

/** As for the windowed aggregation; of totals, the window has no end. */
export interface MergeOptions<Results extends Topic, Result>
  extends Pick<
    WindowedAggregationOptions<Topic, Results, Result>,
    'windowMs' | 'graceMs' | 'results' | 'late' | 'zero' | 'merge'
  > {
  readonly idleAfterMs: number
  readonly toEvent: (result: MergedResult<Result>) => EventOf<Results>
}

/**
 * Stage two, for one partition of partial results: merges the latest one of each source partition. A window is forgotten when nothing
 * came for it for a while and every source partition that is not idle is past its grace; a partial result that comes later still is
 * counted as late, because the others it belongs to are gone.
 */
export class MergeProcessor<Results extends Topic, Result> implements PartitionProcessor {
  readonly #options: MergeOptions<Results, Result>
  readonly #restoreTotals: RestoreTotals | null
  readonly #readPartial = createPartialReader()
  readonly #windows = new Map<number, MergedWindow>()
  readonly #sources = new Map<number, SourceProgress>()
  #publishFrom = 0
  #newestWindowMs = Number.NEGATIVE_INFINITY
  /** Windows up to this one were forgotten, or lack partial results that retention took. */
  #forgottenUpToMs = Number.NEGATIVE_INFINITY
  #sentMs = Number.NEGATIVE_INFINITY
  #next = 0
  #flushed = 0
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(options: MergeOptions<Results, Result>, restoreTotals: RestoreTotals | null = null) {
    this.#options = options
    this.#restoreTotals = restoreTotals
  }

  async open(assignment: Assignment) {
    const { readFrom, publishFrom, state, lostUpToMs } = restartFrom(assignment)
    this.#publishFrom = publishFrom
    this.#newestWindowMs = state.newestWindowMs
    this.#forgottenUpToMs = lostUpToMs
    this.#sentMs = state.progress.sentMs
    this.#next = readFrom
    this.#flushed = publishFrom
    if (this.#restoreTotals) {
      // No restart has to read a partial result again: the totals hold it.
      const window = this.#window(TOTAL_WINDOW_MS, Number.POSITIVE_INFINITY)
      for await (const partial of this.#restoreTotals(assignment)) this.#include(window, partial)
    }
    return { readFrom, publishFrom }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    for (const record of records) this.#merge(record)
    return this.#take(null)
  }

  tick(): ProcessResult | null {
    if (this.#next <= this.#flushed) return null
    for (const window of this.#windows.values()) if (window.changed.size > 0) this.#publish(window)
    this.#flushed = this.#next
    return this.#take(this.#next)
  }

  close(reason: 'revoked' | 'stopping'): ProcessResult | null {
    return reason === 'stopping' ? this.tick() : null
  }

  #merge(record: LogRecord): void {
    const { offset, timestampMs: sentMs, value } = record
    this.#next = offset + 1
    const partial = this.#readPartial(value)
    if (!partial) {
      const fault = deadLetter('wrong_field', 'expected a partial result of a window')
      if (offset >= this.#publishFrom) this.#failed.push(failedRecord(record, fault))
      return
    }
    const { windowMs: startMs } = partial
    const isNextMinute = Math.floor(sentMs / MINUTE_MS) > Math.floor(this.#sentMs / MINUTE_MS)
    this.#sentMs = Math.max(this.#sentMs, sentMs)
    this.#noteSource(partial, sentMs)
    if (isNextMinute) this.#forget()
    if (startMs <= this.#forgottenUpToMs && !this.#windows.has(startMs)) {
      if (offset >= this.#publishFrom) this.#tooLate(partial)
      return
    }
    const window = this.#window(startMs, offset)
    window.touchedMs = Math.max(window.touchedMs, sentMs)
    const changed = this.#include(window, partial)
    if (changed && offset >= this.#publishFrom) window.changed.add(changed)
  }

  /** The group that the partial result changes; null when it is older than the one that is there. */
  #include(window: MergedWindow, partial: WindowPartial): MergedGroup | null {
    let merged = window.groups.get(partial.group)
    if (!merged) {
      merged = { group: partial.group, parts: [] }
      window.groups.set(partial.group, merged)
    }
    const { parts } = merged
    let at = parts.length
    while (at > 0 && parts[at - 1]!.partition > partial.partition) at--
    const known = parts[at - 1]
    if (known?.partition !== partial.partition) parts.splice(at, 0, partial)
    else if (known.revision >= partial.revision) return null
    else parts[at - 1] = partial
    return merged
  }

  #noteSource({ partition, watermarkMs }: TimedPartial, sentMs: number): void {
    const source = this.#sources.get(partition)
    if (!source) this.#sources.set(partition, { watermarkMs, sentMs })
    else {
      source.watermarkMs = Math.max(source.watermarkMs, watermarkMs)
      source.sentMs = Math.max(source.sentMs, sentMs)
    }
  }

  #window(startMs: number, since: number): MergedWindow {
    const known = this.#windows.get(startMs)
    if (known) return known
    const window: MergedWindow = {
      startMs,
      since,
      groups: new GroupMap(),
      changed: new Set(),
      touchedMs: Number.NEGATIVE_INFINITY,
    }
    this.#windows.set(startMs, window)
    this.#newestWindowMs = Math.max(this.#newestWindowMs, startMs)
    return window
  }

  #publish(window: MergedWindow): void {
    const { merge, zero, results, toEvent } = this.#options
    for (const { group, parts } of window.changed) {
      let result = zero
      let events = 0
      let revision = 0
      for (const partial of parts) {
        result = merge(result, partial.result as Result)
        events += partial.events
        revision += partial.revision
      }
      this.#emits.push(
        emitEvent(results, toEvent({ windowMs: window.startMs, group, events, result, revision, parts })),
      )
    }
    window.changed.clear()
  }

  #tooLate({ window, group, partition, events, revision }: WindowPartial): void {
    this.#emits.push(
      emitEvent(this.#options.late, {
        eventId: `${window} ${groupKey(group)} ${partition}`,
        datetime: window,
        window,
        group,
        partition,
        events,
        reason: 'state_expired',
        revision,
      } satisfies LateEvents),
    )
  }

  /** Forgets the oldest windows, in order, as far as nothing can be expected for them. */
  #forget(): void {
    const { windowMs, graceMs, idleAfterMs } = this.#options
    let watermarkMs = Number.POSITIVE_INFINITY
    for (const source of this.#sources.values())
      if (this.#sentMs - source.sentMs <= idleAfterMs) watermarkMs = Math.min(watermarkMs, source.watermarkMs)
    for (const startMs of [...this.#windows.keys()].sort((a, b) => a - b)) {
      const window = this.#windows.get(startMs)!
      if (startMs + windowMs + graceMs > watermarkMs || this.#sentMs - window.touchedMs <= idleAfterMs) return
      this.#publish(window)
      this.#windows.delete(startMs)
      this.#forgottenUpToMs = Math.max(this.#forgottenUpToMs, startMs)
    }
  }

  #take(done: number | null): ProcessResult {
    // Windows are in the order of their first partial results.
    const [oldest] = this.#windows.values()
    const metadata = encodeRestartState({
      stateFrom: Math.min(oldest?.since ?? this.#next, this.#next),
      progress: { ...NO_PROGRESS, sentMs: this.#sentMs },
      newestWindowMs: this.#newestWindowMs,
      lostUpToMs: this.#forgottenUpToMs,
    })
    const result = { emits: this.#emits, failed: this.#failed, done, metadata }
    this.#emits = []
    this.#failed = []
    return result
  }
}
