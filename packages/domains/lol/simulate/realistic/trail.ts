import { TICK_MS } from './bins.ts'

const ROWS = 32
/** Between two rows that are further apart the pointer rested, and moved in the last tick, ms. */
const REST_MS = 5 * TICK_MS

/** Where a pointer was in the last second or more. Times are ms, places px of the view. */
export class Trail {
  readonly #times = new Float64Array(ROWS)
  readonly #places = new Int16Array(2 * ROWS)
  #count = 0

  add(atMs: number, x: number, y: number): void {
    const row = this.#count++ % ROWS
    this.#times[row] = atMs
    this.#places[2 * row] = x
    this.#places[2 * row + 1] = y
  }

  /** Rows that are still known. */
  get #oldest(): number {
    return Math.max(0, this.#count - ROWS)
  }

  /** Whether the place at a time is known. */
  knows(atMs: number): boolean {
    return this.#count > 0 && this.#times[this.#oldest % ROWS]! <= atMs
  }

  /**
   * The place at a time that is known; written to `to`. Between two rows it is on the cubic curve that has at each of them the velocity
   * between its neighbours (Catmull and Rom 1974), as a hand turns and changes its speed between samples too.
   */
  placeAt(atMs: number, to: { x: number; y: number }): void {
    let index = this.#count - 1
    while (index > this.#oldest && this.#times[index % ROWS]! > atMs) index--
    const row = index % ROWS
    to.x = this.#places[2 * row]!
    to.y = this.#places[2 * row + 1]!
    if (index === this.#count - 1) return
    const nextMs = this.#times[(index + 1) % ROWS]!
    const fromMs = nextMs - this.#times[row]! > REST_MS ? nextMs - TICK_MS : this.#times[row]!
    if (atMs <= fromMs) return
    const lengthMs = nextMs - fromMs
    const share = (atMs - fromMs) / lengthMs
    to.x = this.#between(index, 0, { share, lengthMs })
    to.y = this.#between(index, 1, { share, lengthMs })
  }

  /** One coordinate at a share of the time between a row and the next one: the cubic Hermite curve. */
  #between(
    index: number,
    axis: 0 | 1,
    { share, lengthMs }: { readonly share: number; readonly lengthMs: number },
  ): number {
    const from = this.#places[2 * (index % ROWS) + axis]!
    const to = this.#places[2 * ((index + 1) % ROWS) + axis]!
    const squared = share * share
    const cubed = squared * share
    return (
      (2 * cubed - 3 * squared + 1) * from +
      (cubed - 2 * squared + share) * lengthMs * this.#velocityAt(index, axis) +
      (3 * squared - 2 * cubed) * to +
      (cubed - squared) * lengthMs * this.#velocityAt(index + 1, axis)
    )
  }

  /** Velocity at a row, px per ms: 0 where the pointer rested before or after it. */
  #velocityAt(index: number, axis: 0 | 1): number {
    if (index <= this.#oldest || index >= this.#count - 1) return 0
    const [before, row, after] = [(index - 1) % ROWS, index % ROWS, (index + 1) % ROWS]
    const lengthMs = this.#times[after]! - this.#times[before]!
    const rests = Math.max(this.#times[row]! - this.#times[before]!, this.#times[after]! - this.#times[row]!) > REST_MS
    return rests ? 0 : (this.#places[2 * after + axis]! - this.#places[2 * before + axis]!) / lengthMs
  }

  /** Length of the way in the last `ms` before the last row, px. */
  wayOf(ms: number): number {
    let way = 0
    const last = this.#count - 1
    const sinceMs = this.#times[last % ROWS]! - ms
    for (let index = last; index > this.#oldest && this.#times[index % ROWS]! > sinceMs; index--) {
      const row = 2 * (index % ROWS)
      const before = 2 * ((index - 1) % ROWS)
      way += Math.hypot(this.#places[row]! - this.#places[before]!, this.#places[row + 1]! - this.#places[before + 1]!)
    }
    return way
  }
}
