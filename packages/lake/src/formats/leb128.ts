const FIRST_BYTES = 64
/** Of a whole number up to 2^54 in LEB128. */
const MAX_NUMBER_BYTES = 8

/** Whole numbers from 0 on in LEB128: seven bits a byte, the lowest first. */
export class Leb128Writer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #used = 0

  /** Bytes in memory. */
  get capacity(): number {
    return this.#bytes.length
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }

  write(value: number): void {
    if (this.#used + MAX_NUMBER_BYTES > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(this.#bytes.length * 2)
      this.#bytes.copy(grown, 0, 0, this.#used)
      this.#bytes = grown
    }
    let rest = value
    // Bit operations are of 32 bits.
    while (rest >= 128) {
      this.#bytes[this.#used++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#used++] = rest
  }
}

/** Calls `visit` with each number of `bytes`; a generator takes several times as long for each. */
export function readLeb128(bytes: Uint8Array, visit: (value: number) => void): void {
  let value = 0
  let scale = 1
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    value += (byte & 127) * scale
    scale *= 128
    if (byte >= 128) continue
    visit(value)
    value = 0
    scale = 1
  }
}
