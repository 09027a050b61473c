import type { Clock } from '@millrace/runtime'

/** Calls back when a time has passed; one sleep serves any number of deadlines, and a deadline that is met costs two operations of a Set. */
export class Deadlines {
  readonly #clock: Clock
  readonly #open = new Set<{ readonly atMs: number; readonly onPassed: () => void }>()
  #wakeAtMs = Number.POSITIVE_INFINITY
  #sleep: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Returns what takes the deadline away again. */
  add(inMs: number, onPassed: () => void): () => void {
    const deadline = { atMs: this.#clock.now() + inMs, onPassed }
    this.#open.add(deadline)
    if (deadline.atMs < this.#wakeAtMs) this.#sleepUntil(deadline.atMs)
    return () => this.#open.delete(deadline)
  }

  #sleepUntil(atMs: number): void {
    this.#sleep?.abort()
    const sleep = new AbortController()
    this.#sleep = sleep
    this.#wakeAtMs = atMs
    this.#clock.sleep(Math.max(0, atMs - this.#clock.now()), sleep.signal).then(
      () => this.#wake(),
      () => {},
    )
  }

  #wake(): void {
    const nowMs = this.#clock.now()
    this.#wakeAtMs = Number.POSITIVE_INFINITY
    let nextMs = Number.POSITIVE_INFINITY
    for (const deadline of [...this.#open]) {
      if (deadline.atMs <= nowMs) {
        this.#open.delete(deadline)
        deadline.onPassed()
      } else if (deadline.atMs < nextMs) nextMs = deadline.atMs
    }
    if (nextMs < this.#wakeAtMs) this.#sleepUntil(nextMs)
  }

  close(): void {
    this.#sleep?.abort()
    this.#wakeAtMs = Number.POSITIVE_INFINITY
    this.#open.clear()
  }
}
