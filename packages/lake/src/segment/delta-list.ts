import { Leb128Writer, readLeb128 } from '../formats/leb128.ts'

/** Whole numbers below 2^52 that differ little from one to the next, in one to three bytes each: differences in zigzag LEB128. */
export class DeltaList {
  readonly #deltas = new Leb128Writer()
  #length = 0
  #last = 0

  get length(): number {
    return this.#length
  }

  /** Bytes in memory. */
  get capacity(): number {
    return this.#deltas.capacity
  }

  push(value: number): void {
    const delta = value - this.#last
    this.#deltas.write(delta >= 0 ? delta * 2 : -delta * 2 - 1)
    this.#last = value
    this.#length++
  }

  forEach(visit: (value: number) => void): void {
    let value = 0
    readLeb128(this.#deltas.written, zigzag => {
      value += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
      visit(value)
    })
  }
}
