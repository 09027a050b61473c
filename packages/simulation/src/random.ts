import { createHash } from 'node:crypto'

const HEX16 = Array.from({ length: 0x10000 }, (_, word) => word.toString(16).padStart(4, '0'))

/**
 * A stream of random numbers that is a pure function of its labels (sfc32 by C. Doty-Humphrey, seeded with SHA-256 of the
 * labels). Streams of different labels are independent, so what one actor draws never moves another.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(...labels: readonly (string | number)[]) {
    const seed = createHash('sha256')
      .update(JSON.stringify(labels.map(String)))
      .digest()
    this.#a = seed.readInt32LE(0)
    this.#b = seed.readInt32LE(4)
    this.#c = seed.readInt32LE(8)
    this.#counter = seed.readInt32LE(12)
    for (let round = 0; round < 12; round++) this.int32()
  }

  /** 32 random bits as a signed integer. */
  int32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum
  }

  /** A number in [0, 1). */
  float(): number {
    return (this.int32() >>> 0) / 4294967296
  }

  /** A whole number from `min` to `max`, both included; the range must be far below 2^32. */
  int(min: number, max: number): number {
    return min + Math.floor(this.float() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  /** One entry of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.float() * list.length)]!
  }

  /** `count` entries of `list` without repeats, in random order (Fisher–Yates); at most as many as there are. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list]
    const end = Math.min(count, rest.length)
    for (let index = 0; index < end; index++) {
      const other = this.int(index, rest.length - 1)
      const chosen = rest[other]!
      rest[other] = rest[index]!
      rest[index] = chosen
    }
    return rest.slice(0, end)
  }

  /** A UUID of version 4 shape in lower case. */
  uuid(): string {
    const first = this.int32()
    const second = this.int32()
    const third = this.int32()
    const fourth = this.int32()
    return `${HEX16[first >>> 16]! + HEX16[first & 0xffff]!}-${HEX16[second >>> 16]!}-${HEX16[
      (second & 0x0fff) | 0x4000
    ]!}-${HEX16[((third >>> 16) & 0x3fff) | 0x8000]!}-${
      HEX16[third & 0xffff]! + HEX16[fourth >>> 16]! + HEX16[fourth & 0xffff]!
    }`
  }
}
