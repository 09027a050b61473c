import { type HeapEntry, MovableHeap } from '../movable-heap.ts'

/** What a timer queue keeps: one entry per window, which the queue moves. */
export interface Timed extends HeapEntry {
  /** When it is due, ms of event time; set by the queue. */
  dueMs: number
  /** Of those that are due at the same time, the lowest is first. */
  readonly order: number
}

const isBefore = (a: Timed, b: Timed): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

/** Entries by the time at which they are due: the earliest is first, and each is in it once, however often its time changes. */
export class TimerQueue<Entry extends Timed> {
  readonly #heap = new MovableHeap<Entry>(isBefore)

  get first(): Entry | undefined {
    return this.#heap.first
  }

  /** Puts an entry in its place, whether or not it is in the queue. */
  schedule(entry: Entry, dueMs: number): void {
    entry.dueMs = dueMs
    this.#heap.put(entry)
  }

  removeFirst(): void {
    const { first } = this.#heap
    if (first) this.#heap.remove(first)
  }
}
