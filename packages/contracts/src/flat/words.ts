/*
 * Bytes are looked at four at a time, as 32-bit words of a DataView: in JavaScript a byte costs nearly as much as a word.
 * The masks are those of "Bit Twiddling Hacks" (S. E. Anderson), "Determine if a word has a byte less than n".
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOW = 0x01010101
const HIGH = 0x80808080 | 0

/** A short ASCII text to look for. */
export interface Needle {
  readonly length: number
  /** Words of it; the last one overlaps the one before where the length is not a multiple of four. */
  readonly words: Int32Array
  /** Instead of words where it is shorter than one. */
  readonly bytes: Uint8Array
}

export function needleOf(text: string): Needle {
  const bytes = Uint8Array.from(Buffer.from(text))
  const view = new DataView(bytes.buffer)
  const count = bytes.length < 4 ? 0 : Math.ceil(bytes.length / 4)
  const words = Int32Array.from({ length: count }, (_, i) => view.getInt32(Math.min(i * 4, bytes.length - 4), true))
  return { length: bytes.length, words, bytes }
}

/** Whether `needle` is at `at`, and ends before `end`. */
export function startsWith(view: DataView, at: number, end: number, needle: Needle): boolean {
  const { length, words, bytes } = needle
  if (at + length > end) return false
  const last = words.length - 1
  if (last < 0) {
    for (let i = 0; i < length; i++) if (view.getUint8(at + i) !== bytes[i]) return false
    return true
  }
  for (let i = 0; i < last; i++) if (view.getInt32(at + i * 4, true) !== words[i]) return false
  return view.getInt32(at + length - 4, true) === words[last]
}

/** Whether all four bytes stand for themselves in a JSON text: ASCII without quotes, backslashes and control characters. */
export function arePlain(word: number): boolean {
  const quotes = word ^ (QUOTE * LOW)
  const backslashes = word ^ (BACKSLASH * LOW)
  const found =
    ((quotes - LOW) & ~quotes) |
    ((backslashes - LOW) & ~backslashes) |
    ((word - 0x20 * LOW) & ~word) |
    // Above ASCII.
    word
  return (found & HIGH) === 0
}

/** Whether all four bytes are digits of a lower-case hexadecimal number. */
export function areHex(word: number): boolean {
  const letters = (word >>> 6) & LOW
  // The letters a to f are put behind the digits: 0x3a to 0x3f.
  const moved = word - letters * (0x61 - 0x3a)
  const highHalves = moved & (0xf0f0f0f0 | 0)
  const aboveNine = (((moved & 0x0f0f0f0f) + 0x06060606) >>> 4) & LOW
  return highHalves === 0x30303030 && aboveNine === letters
}
