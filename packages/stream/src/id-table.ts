import { randomInt } from 'node:crypto'

const UUID_LENGTH = 36
const WORDS = 4
const INITIAL_SLOTS = 64
/** The table is doubled when a larger share of its slots is used. */
const MAX_LOAD_FACTOR = 0.6
/** Hash seed of this process: nobody can choose ids that collide. */
const SEED = randomInt(2 ** 32)
const MIX = 0x85ebca6b

/** Value of each hexadecimal digit by its character; lower case only, since ids that differ in case differ. */
const HEX = new Int8Array(128).fill(-1)
for (let digit = 0; digit < 16; digit++) HEX[digit.toString(16).charCodeAt(0)] = digit

/**
 * A map from ids to whole numbers, for millions of ids that are UUIDs: those are kept as numbers in one block of memory, at 40 to 80
 * bytes each, and never looked at by the garbage collector. Other ids are kept as strings.
 */
export class IdTable {
  #slots = INITIAL_SLOTS
  #words = new Uint32Array(INITIAL_SLOTS * WORDS)
  /** One more than the number; 0 is a free slot. */
  #numbers = new Float64Array(INITIAL_SLOTS)
  #usedSlots = 0
  readonly #others = new Map<string, number>()
  readonly #id = new Uint32Array(WORDS)

  /** Ids in the table. */
  get size(): number {
    return this.#usedSlots + this.#others.size
  }

  /**
   * Adds an id unless it is present.
   * @param number from 0 on
   * @returns the number that it had, or null when the id was not present
   */
  putIfAbsent(id: string, number: number): number | null {
    if (!this.#parse(id)) return this.#putString(id, number)
    const slot = this.#find(this.#id, 0)
    const found = this.#numbers[slot]!
    if (found !== 0) return found - 1
    this.#put(slot, this.#id, 0, number + 1)
    if (++this.#usedSlots > this.#slots * MAX_LOAD_FACTOR) this.#grow()
    return null
  }

  /** The number of an id; null when it is not present. */
  get(id: string): number | null {
    if (!this.#parse(id)) return this.#others.get(id) ?? null
    const found = this.#numbers[this.#find(this.#id, 0)]!
    return found === 0 ? null : found - 1
  }

  #putString(id: string, number: number): number | null {
    const found = this.#others.get(id)
    if (found === undefined) this.#others.set(id, number)
    return found ?? null
  }

  /** Reads a UUID into `#id`; false when the string is none. */
  #parse(id: string): boolean {
    if (id.length !== UUID_LENGTH) return false
    let at = 0
    let wrong = 0
    for (let word = 0; word < WORDS; word++) {
      let value = 0
      for (let digits = 0; digits < 8; digits++) {
        if (at === 8 || at === 13 || at === 18 || at === 23) wrong |= id.charCodeAt(at++) ^ 0x2d
        const code = id.charCodeAt(at++)
        const digit = code < 128 ? HEX[code]! : -1
        wrong |= digit & 0x80
        value = (value << 4) | digit
      }
      this.#id[word] = value
    }
    return wrong === 0
  }

  /** The slot of the id whose words begin at `from`, or the free slot for it. */
  #find(ids: Uint32Array, from: number): number {
    const words = this.#words
    const numbers = this.#numbers
    const mask = this.#slots - 1
    const first = ids[from]!
    const second = ids[from + 1]!
    const third = ids[from + 2]!
    const fourth = ids[from + 3]!
    let hash = Math.imul(SEED ^ first, MIX) ^ (SEED >>> 15)
    hash = Math.imul(hash ^ second, MIX) ^ (hash >>> 15)
    hash = Math.imul(hash ^ third, MIX) ^ (hash >>> 15)
    hash = Math.imul(hash ^ fourth, MIX) ^ (hash >>> 15)
    hash ^= hash >>> 13
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      if (numbers[slot] === 0) return slot
      const at = slot * WORDS
      if (words[at] === first && words[at + 1] === second && words[at + 2] === third && words[at + 3] === fourth)
        return slot
    }
  }

  #put(slot: number, ids: Uint32Array, from: number, entry: number): void {
    const words = this.#words
    const at = slot * WORDS
    words[at] = ids[from]!
    words[at + 1] = ids[from + 1]!
    words[at + 2] = ids[from + 2]!
    words[at + 3] = ids[from + 3]!
    this.#numbers[slot] = entry
  }

  #grow(): void {
    const oldWords = this.#words
    const oldNumbers = this.#numbers
    this.#slots *= 2
    this.#words = new Uint32Array(this.#slots * WORDS)
    this.#numbers = new Float64Array(this.#slots)
    for (let old = 0; old < oldNumbers.length; old++) {
      const entry = oldNumbers[old]!
      if (entry !== 0) this.#put(this.#find(oldWords, old * WORDS), oldWords, old * WORDS, entry)
    }
  }
}
