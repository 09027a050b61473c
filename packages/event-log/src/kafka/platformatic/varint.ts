/*
 * Kafka's variable-length numbers: zigzag, seven bits a byte, lowest first. Plain numbers, exact up to 2^52: offsets and
 * times of a batch are far below.
 */

const SMALL = 0x3fff_ffff

/** Bytes that a number takes. */
export function varintBytes(value: number): number {
  let left = value < 0 ? -2 * value - 1 : 2 * value
  let bytes = 1
  for (; left >= 128; bytes++) left = Math.floor(left / 128)
  return bytes
}

/** Writes a number and returns where the next byte goes. */
export function writeVarint(target: Buffer, at: number, value: number): number {
  if (value >= 0 && value <= SMALL) {
    let left = value << 1
    while (left >= 128) {
      target[at++] = (left & 127) | 128
      left >>>= 7
    }
    target[at++] = left
    return at
  }
  let left = value < 0 ? -2 * value - 1 : 2 * value
  while (left >= 128) {
    target[at++] = (left % 128) + 128
    left = Math.floor(left / 128)
  }
  target[at++] = left
  return at
}

/** Reads a Buffer from front to back. */
export class ByteReader {
  readonly #source: Buffer
  at: number

  constructor(source: Buffer, at: number) {
    this.#source = source
    this.at = at
  }

  varint(): number {
    const first = this.#byte()
    if (first < 128) return (first >>> 1) ^ -(first & 1)
    let value = first & 127
    let factor = 128
    for (;;) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) break
      factor *= 128
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Bytes behind their length; null where the length is −1. */
  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const start = this.at
    this.at += length
    if (this.at > this.#source.length) throw new RangeError('A record goes beyond its batch.')
    return this.#source.subarray(start, this.at)
  }

  #byte(): number {
    const byte = this.#source[this.at++]
    if (byte === undefined) throw new RangeError('A record goes beyond its batch.')
    return byte
  }
}
