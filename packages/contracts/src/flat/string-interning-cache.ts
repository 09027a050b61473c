const PLACE_BITS = 12
const PLACES = 2 ** PLACE_BITS
const WORDS = 12
const MOST_BYTES = (WORDS - 1) * 4
const MIX = 0x9e3779b1 | 0

/**
 * Strings of repeated texts, found by their bytes. A string that exists is cheaper than a new one, and a Map finds it without
 * comparing its characters. Of two texts with the same place the later one stays.
 */
export class StringInterningCache {
  readonly #texts: string[] = new Array(PLACES).fill('')
  /** Of each place the length of its text, and the text's bytes. */
  readonly #words = new Int32Array(PLACES * WORDS)

  /** The text of the ASCII bytes from `from` up to `to`; at least four bytes are before them. */
  get(view: DataView, whole: Buffer, from: number, to: number): string {
    const length = to - from
    if (length > MOST_BYTES) return whole.toString('latin1', from, to)
    // Of a text that is shorter than a word the last word takes in what is before it, as far back as the key.
    const last = to - 4
    let hash = 0
    for (let at = from; at < last; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), MIX) ^ (hash >>> 15)
    hash = Math.imul(hash ^ view.getInt32(last, true), MIX)
    const place = Math.imul(hash ^ (hash >>> 15), MIX) >>> (32 - PLACE_BITS)
    if (this.#isAt(place, view, from, last, length)) return this.#texts[place]!
    const text = whole.toString('latin1', from, to)
    this.#put(place, view, from, last, length)
    this.#texts[place] = text
    return text
  }

  #isAt(place: number, view: DataView, from: number, last: number, length: number): boolean {
    const words = this.#words
    let slot = place * WORDS
    if (words[slot] !== length) return false
    for (let at = from; at < last; at += 4) if (view.getInt32(at, true) !== words[++slot]) return false
    return view.getInt32(last, true) === words[slot + 1]
  }

  #put(place: number, view: DataView, from: number, last: number, length: number): void {
    const words = this.#words
    let slot = place * WORDS
    words[slot] = length
    for (let at = from; at < last; at += 4) words[++slot] = view.getInt32(at, true)
    words[slot + 1] = view.getInt32(last, true)
  }
}
