import { IdTable } from '../id-table.ts'
import type { RestartPoint } from '../progress.ts'
import type { TimeWindow } from './keyed-windows.ts'
import { type Timed, TimerQueue } from './timer-queue.ts'

export interface OpenWindow<State> extends Timed {
  readonly key: string
  readonly group: WindowGroup<State>
  startMs: number
  endMs: number
  /** Infinity where no timer is set. */
  timerMs: number
  /** Offset of its first event, and how far the partition had come before it. */
  readonly since: RestartPoint
  readonly state: State
  /** Its neighbours in the order in which windows were opened. */
  before: OpenWindow<State> | null
  after: OpenWindow<State> | null
}

/** Windows that close together, with the ids of their events: those of one tumbling window, else a single one. */
interface WindowGroup<State> {
  readonly name: number | string
  readonly ids: IdTable
  readonly byKey: Map<string, OpenWindow<State>>
}

/** A window as it is with one event alone. */
export interface Placement extends TimeWindow {
  /** Name of its group. */
  readonly group: number | string
}

/** The open windows of one partition: by key, by the time at which they are due, and in the order in which they were opened. */
export class OpenWindows<State> {
  readonly #groups = new Map<number | string, WindowGroup<State>>()
  readonly #due = new TimerQueue<OpenWindow<State>>()
  #oldest: OpenWindow<State> | null = null
  #newest: OpenWindow<State> | null = null
  size = 0
  /** Ids in memory, by which duplicates are known. */
  eventIds = 0

  /** The one that was opened first. A set that loses its first entries would have to skip the places of all of them. */
  get oldest(): OpenWindow<State> | null {
    return this.#oldest
  }

  /** The one that is due first. */
  get nextDue(): OpenWindow<State> | undefined {
    return this.#due.first
  }

  /** The open window of a group and key, if there is one. */
  find({ group }: Placement, key: string): OpenWindow<State> | undefined {
    return this.#groups.get(group)?.byKey.get(key)
  }

  /** The window of an event, opened where there is none; null when its group has the event already. */
  visit(
    { group: name, startMs, endMs }: Placement,
    event: { readonly key: string; readonly eventId: string },
    { since, newState }: { readonly since: RestartPoint; readonly newState: () => State },
  ): OpenWindow<State> | null {
    let group = this.#groups.get(name)
    if (!group) {
      group = { name, ids: new IdTable(), byKey: new Map() }
      this.#groups.set(name, group)
    }
    if (group.ids.putIfAbsent(event.eventId, 0) !== null) return null
    this.eventIds++
    const found = group.byKey.get(event.key)
    if (found) {
      found.startMs = Math.min(found.startMs, startMs)
      found.endMs = Math.max(found.endMs, endMs)
      return found
    }
    const window: OpenWindow<State> = {
      key: event.key,
      group,
      startMs,
      endMs,
      timerMs: Number.POSITIVE_INFINITY,
      since,
      state: newState(),
      before: this.#newest,
      after: null,
      dueMs: Number.POSITIVE_INFINITY,
      order: since.stateFrom,
      place: -1,
    }
    group.byKey.set(event.key, window)
    if (this.#newest) this.#newest.after = window
    else this.#oldest = window
    this.#newest = window
    this.size++
    return window
  }

  schedule(window: OpenWindow<State>, dueMs: number): void {
    if (dueMs !== window.dueMs) this.#due.schedule(window, dueMs)
  }

  /** Forgets the window that is due first. */
  closeDue(): void {
    const { group, key, before, after } = this.#due.first!
    this.#due.removeFirst()
    if (before) before.after = after
    else this.#oldest = after
    if (after) after.before = before
    else this.#newest = before
    this.size--
    group.byKey.delete(key)
    if (group.byKey.size > 0) return
    this.#groups.delete(group.name)
    this.eventIds -= group.ids.size
  }
}
