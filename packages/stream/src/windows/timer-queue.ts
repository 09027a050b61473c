/** What a timer queue keeps: one entry per window, which the queue moves. */
export interface Timed {
  /** When it is due, ms of event time; set by the queue. */
  dueMs: number
  /** Of those that are due at the same time, the lowest is first. */
  readonly order: number
  /** Place in the queue; set by the queue, -1 outside of it. */
  place: number
}

const isBefore = (a: Timed, b: Timed): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

/** A binary heap whose entries can be moved: the earliest is first, and each is in it once, however often its time changes. */
export class TimerQueue<Entry extends Timed> {
  readonly #heap: Entry[] = []

  get first(): Entry | undefined {
    return this.#heap[0]
  }

  /** Puts an entry in its place, whether or not it is in the queue. */
  schedule(entry: Entry, dueMs: number): void {
    if (entry.place === -1) entry.place = this.#heap.push(entry) - 1
    entry.dueMs = dueMs
    this.#lift(entry)
    this.#sink(entry)
  }

  removeFirst(): void {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (!first || !last) return
    first.place = -1
    if (first === last) return
    this.#put(last, 0)
    this.#sink(last)
  }

  #lift(entry: Entry): void {
    for (let { place } = entry; place > 0; place = entry.place) {
      const above = this.#heap[(place - 1) >> 1]!
      if (!isBefore(entry, above)) return
      this.#put(entry, above.place)
      this.#put(above, place)
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const { place } = entry
      const left = this.#heap[2 * place + 1]
      const right = this.#heap[2 * place + 2]
      const below = left && right && isBefore(right, left) ? right : left
      if (!below || !isBefore(below, entry)) return
      this.#put(entry, below.place)
      this.#put(below, place)
    }
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }
}
