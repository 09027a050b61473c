const PLACES = 4_096
const PLACE_BITS = 12
const MOST_WORDS = 12
const MOST_BYTES = MOST_WORDS * 4
const MIX = 0x9e3779b1 | 0

/**
 * Makes one string of a text that comes again and again, instead of one each time: finding it costs a fifth of making it, and a
 * Map finds a string that it knows without looking at its characters. Where two texts share a place the later one stays.
 */
export class RepeatedTexts {
  /** Of each place the bytes of its text, as words; the last word overlaps the one before, and a text shorter than one is padded. */
  readonly #words = new Int32Array(PLACES * MOST_WORDS)
  readonly #texts: string[] = new Array(PLACES).fill('')
  readonly #wanted = new Int32Array(MOST_WORDS)

  /** The text of the ASCII bytes from `from` up to `to`. */
  get(view: DataView, whole: Buffer, from: number, to: number): string {
    const length = to - from
    if (length === 0 || length > MOST_BYTES) return whole.toString('latin1', from, to)
    const wanted = this.#wanted
    const count = (length + 3) >> 2
    let hash = 0
    if (length < 4) {
      let word = 0
      for (let at = from; at < to; at++) word = (word << 8) | view.getUint8(at)
      wanted[0] = word
      hash = Math.imul(hash ^ word, MIX)
    } else
      for (let i = 0; i < count; i++) {
        const word = view.getInt32(i === count - 1 ? to - 4 : from + i * 4, true)
        wanted[i] = word
        hash = Math.imul(hash ^ word, MIX)
        hash ^= hash >>> 15
      }
    const place = Math.imul(hash, MIX) >>> (32 - PLACE_BITS)
    const known = this.#texts[place]!
    const first = place * MOST_WORDS
    if (known.length === length && isSame(this.#words, first, wanted, count)) return known
    const text = whole.toString('latin1', from, to)
    this.#texts[place] = text
    for (let i = 0; i < count; i++) this.#words[first + i] = wanted[i]!
    return text
  }
}

function isSame(words: Int32Array, first: number, wanted: Int32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (words[first + i] !== wanted[i]) return false
  return true
}
