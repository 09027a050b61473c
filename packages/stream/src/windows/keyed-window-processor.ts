import { type EventOf, isPlausibleEventTime, type Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import type { z } from 'zod'
import { emitEvent } from '../emit-event.ts'
import { streamError } from '../errors.ts'
import { failedRecord } from '../failed-records.ts'
import { advance, NO_PROGRESS, type Progress, WATERMARK_AHEAD_MS } from '../progress.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from '../topology.ts'
import type { KeyedWindowsOptions, TimeWindow, WindowContext } from './keyed-windows.ts'
import { type OpenWindow, OpenWindows, type Placement } from './open-windows.ts'
import { encodeRestartState, restartFrom } from './restart-state.ts'
import { createSourceReader, type SourceEvent } from './source-event.ts'
import type { LateEvents } from './window-records.ts'

const NEVER = Number.NEGATIVE_INFINITY

/**
 * The keyed windows of one partition. A restart reads from the first event of the window that has been open for longest: a window that
 * began before it has closed, and with a part of its events it closes at the same time or earlier.
 */
export class KeyedWindowProcessor<Source extends Topic, State> implements PartitionProcessor, WindowContext {
  readonly #options: KeyedWindowsOptions<Source, State>
  readonly #read
  readonly #graceMs: number
  readonly #open = new OpenWindows<State>()
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: '', partition: 0 }
  #publishFrom = 0
  #progress: Progress = NO_PROGRESS
  /** Start of the newest window; of a session, its newest event. */
  #newestMs = NEVER
  /** Windows that began up to then lack records that retention took. */
  #lostUpToMs = NEVER
  #window: OpenWindow<State> | null = null
  /** Time of the timer that is being called. */
  #calledMs = NEVER
  #counts = { late: 0, duplicate: 0, implausible: 0 }
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  record!: LogRecord
  key = ''
  eventTimeMs = 0

  constructor(options: KeyedWindowsOptions<Source, State>) {
    this.#options = options
    this.#read = createSourceReader(options.source)
    this.#graceMs = 'gapMs' in options.windows ? 0 : options.windows.graceMs
  }

  get window(): TimeWindow {
    return this.#window!
  }

  get watermarkMs(): number {
    return this.#progress.watermarkMs
  }

  get isRebuilding(): boolean {
    return this.record.offset < this.#publishFrom
  }

  readonly emit = <S extends z.ZodObject>(topic: Topic<S>, event: z.infer<S>): void => {
    if (!this.isRebuilding) this.#emits.push(emitEvent(topic, event, this.record))
  }

  readonly setTimer = (atMs: number): void => {
    if (!(atMs > this.#calledMs)) throw new RangeError(`setTimer: expected a time after ${this.#calledMs}, got ${atMs}`)
    this.#window!.timerMs = atMs
  }

  async open(assignment: Assignment) {
    const { topic, partition } = assignment
    const { readFrom, publishFrom, state, lostUpToMs } = restartFrom(assignment)
    this.#assignment = { topic, partition }
    this.#publishFrom = publishFrom
    this.#progress = state.progress
    this.#newestMs = state.newestWindowMs
    this.#lostUpToMs = lostUpToMs
    if (readFrom > state.stateFrom)
      this.#options.logger?.warn({ topic, partition, ...state, readFrom }, 'window_state_lost_to_retention')
    return { readFrom, publishFrom }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    this.#emits = []
    this.#failed = []
    this.#counts = { late: 0, duplicate: 0, implausible: 0 }
    for (const record of records) {
      this.record = record
      try {
        this.#take(record)
      } catch (error) {
        const { topic, partition, offset } = record
        const reason = error instanceof Error ? error.message : String(error)
        throw streamError('step_failed', { service: this.#options.service, topic, partition, offset, reason }, error)
      }
    }
    const done = records.at(-1)!.offset + 1
    const { stateFrom, progress } = this.#open.oldest?.since ?? { stateFrom: done, progress: this.#progress }
    this.#report(done - stateFrom)
    const state = { stateFrom, progress, newestWindowMs: this.#newestMs, lostUpToMs: this.#lostUpToMs }
    return { emits: this.#emits, failed: this.#failed, done, metadata: encodeRestartState(state) }
  }

  #take(record: LogRecord): void {
    const decoded = this.#read(record)
    if (decoded.kind !== 'ok') {
      if (decoded.kind === 'dead-letter' && !this.isRebuilding) this.#failed.push(failedRecord(record, decoded))
      return
    }
    const { event, timeMs } = decoded.value
    const before = this.#progress
    this.#progress = advance(before, timeMs, record.timestampMs)
    this.#callDue()
    this.key = this.#options.source.keyOf(event)
    this.eventTimeMs = timeMs
    const placement = this.#placementOf(event, timeMs)
    const reason = this.#reasonOf(placement)
    if (!reason) this.#add(decoded.value, placement, before)
    else {
      if (!this.isRebuilding) this.#counts[reason === 'implausible_time' ? 'implausible' : 'late']++
      this.#options.onLate?.(event, reason, this)
    }
  }

  #placementOf(event: EventOf<Source>, timeMs: number): Placement {
    const { windows } = this.#options
    if ('windowOf' in windows) {
      const { startMs, endMs } = windows.windowOf(event)
      return { startMs, endMs, group: `${startMs} ${this.key}` }
    }
    if ('gapMs' in windows) {
      // A clock that is ahead would keep the session open for as long.
      const startMs = Math.min(timeMs, this.record.timestampMs + WATERMARK_AHEAD_MS)
      return { startMs, endMs: startMs + windows.gapMs, group: this.key }
    }
    const startMs = Math.floor(timeMs / windows.lengthMs) * windows.lengthMs
    return { startMs, endMs: startMs + windows.lengthMs, group: startMs }
  }

  /** Why no window takes the event; null when one does. */
  #reasonOf(placement: Placement): LateEvents['reason'] | null {
    const { startMs, endMs } = placement
    if (!isPlausibleEventTime(this.eventTimeMs, this.record.timestampMs) || !this.#isHeld(placement))
      return 'implausible_time'
    if (endMs + this.#graceMs <= this.watermarkMs && !this.#isExtended(placement)) return 'after_grace'
    return startMs <= this.#lostUpToMs ? 'state_expired' : null
  }

  /** Whether its window is one that is held: no event may declare one that stays open for ever. */
  #isHeld({ startMs, endMs }: TimeWindow): boolean {
    const { windows } = this.#options
    if (!('windowOf' in windows)) return true
    const lengthMs = endMs - startMs
    return lengthMs > 0 && lengthMs <= windows.maxLengthMs && isPlausibleEventTime(startMs, this.record.timestampMs)
  }

  /** Whether another event declared a later end of the window, so that it is open still. */
  #isExtended(placement: Placement): boolean {
    return 'windowOf' in this.#options.windows && this.#open.find(placement, this.key) !== undefined
  }

  #add({ event, eventId }: SourceEvent<Source>, placement: Placement, before: Progress): void {
    const { onRecord, newState } = this.#options
    const since = { stateFrom: this.record.offset, progress: before }
    const window = this.#open.visit(placement, { key: this.key, eventId }, { since, newState })
    if (!window) {
      if (!this.isRebuilding) this.#counts.duplicate++
      return
    }
    this.#newestMs = Math.max(this.#newestMs, placement.startMs)
    this.#window = window
    onRecord(window.state, event, this)
    this.#schedule(window)
  }

  #schedule(window: OpenWindow<State>): void {
    this.#open.schedule(window, Math.min(window.timerMs, window.endMs + this.#graceMs))
  }

  #callDue(): void {
    for (let due = this.#open.nextDue; due && due.dueMs <= this.watermarkMs; due = this.#open.nextDue) {
      this.#window = due
      this.key = due.key
      this.eventTimeMs = due.dueMs
      if (due.timerMs === due.dueMs) this.#callTimer(due)
      else {
        this.#options.onClose?.(due.state, this)
        this.#open.closeDue()
      }
    }
  }

  #callTimer(window: OpenWindow<State>): void {
    this.#calledMs = window.timerMs
    window.timerMs = Number.POSITIVE_INFINITY
    this.#options.onTimer?.(window.state, this)
    this.#calledMs = NEVER
    this.#schedule(window)
  }

  #report(rewind: number): void {
    const { metrics } = this.#options
    if (!metrics) return
    const { topic, partition } = this.#assignment
    metrics.late.inc({ topic }, this.#counts.late)
    metrics.duplicates.inc({ topic }, this.#counts.duplicate)
    metrics.implausibleTimes.inc({ topic }, this.#counts.implausible)
    metrics.keys.set({ topic, partition }, this.#open.size)
    metrics.eventIds.set({ topic, partition }, this.#open.eventIds)
    metrics.rewind.set({ topic, partition }, rewind)
  }
}
