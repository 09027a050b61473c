import type { DigitRuns, FieldRule } from './field-rule.ts'
import { areHex, arePlain, type Needle, needleOf, startsWith } from './words.ts'

export const SPACE = 0x20
export const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const LETTER_T = 0x54
const BACKSLASH = 0x5c
const ASCII_END = 0x80

/** In place of an offset: the value is not what its field has to be, or is not written plainly. */
export const NO = -1
/** A double holds every number of so many digits. */
const MAX_DIGITS = 15
const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent)
const UUID_LENGTH = 36
const INSTANT_LENGTH = 24
/** `YYYY-MM-DDTHH:mm` */
const MINUTE_WORDS = 4
const NULL = needleOf('null')

export interface Field extends Omit<FieldRule, 'choices'> {
  /** With quotes and colon. */
  readonly key: Needle
  readonly choices: readonly Needle[]
}

export function fieldOf(name: string, rule: FieldRule): Field {
  const key = needleOf(`${JSON.stringify(name)}:`)
  return { ...rule, key, choices: rule.choices.map(needleOf) }
}

/** The values of one event, judged by the rules of their fields. */
export class Values {
  readonly #fields: readonly Field[]
  /** Where each value is in the view; a text without its quotes. */
  readonly from: Int32Array
  readonly to: Int32Array
  /** Of fields of numbers, NaN for null. */
  readonly numbers: Float64Array
  /** Everything in the memory that the bytes are a part of. */
  view: DataView = new DataView(new ArrayBuffer(0))
  whole = Buffer.alloc(0)
  // Of each field its last instant up to the minute, as words: the next one is mostly in the same minute.
  readonly #minute: Int32Array
  readonly #minuteMs: Float64Array

  constructor(fields: readonly Field[]) {
    this.#fields = fields
    this.from = new Int32Array(fields.length)
    this.to = new Int32Array(fields.length)
    this.numbers = new Float64Array(fields.length)
    this.#minute = new Int32Array(fields.length * MINUTE_WORDS)
    this.#minuteMs = new Float64Array(fields.length).fill(Number.NaN)
  }

  /** Notes where the value that begins at `at` is. @returns the offset behind it, or NO */
  valueEnd(index: number, at: number, end: number): number {
    const { view } = this
    const field = this.#fields[index]!
    const isText = view.getUint8(at) === QUOTE
    let behind: number
    if (field.isNullable && startsWith(view, at, end, NULL)) {
      behind = at + NULL.length
      this.numbers[index] = Number.NaN
    } else
      switch (field.kind) {
        case 'choice':
          behind = choiceEnd(view, at, end, field.choices)
          break
        case 'number':
        case 'integer':
          behind = numberEnd(view, at, field, this.numbers, index)
          break
        case 'uuid':
          behind = isText ? uuidEnd(view, at + 1, end) : NO
          break
        case 'instant':
          behind = isText ? this.instantEnd(view, at + 1, end, index) : NO
          break
        case 'digits':
          behind = isText ? digitsEnd(view, at + 1, field.runs!) : NO
          break
        case 'text':
          behind = isText ? this.textEnd(view, at + 1, end, field) : NO
      }
    this.from[index] = isText ? at + 1 : at
    this.to[index] = isText ? behind - 1 : behind
    return behind
  }

  /** Offset behind the closing quote of a text that begins at `from`, or NO. */
  textEnd(view: DataView, from: number, end: number, { minimum, maximum, pattern }: Field): number {
    const to = plainEnd(view, from, end)
    const length = to - from
    if (view.getUint8(to) !== QUOTE || length < minimum || length > maximum) return NO
    return pattern === null || pattern.test(this.whole.toString('latin1', from, to)) ? to + 1 : NO
  }

  /** The same for an instant. */
  instantEnd(view: DataView, from: number, end: number, index: number): number {
    const to = from + INSTANT_LENGTH
    if (to >= end || view.getUint8(to) !== QUOTE || Number.isNaN(this.instantMs(view, from, index))) return NO
    // Later days may be none in their month.
    const isInstant =
      twoDigitsAt(view, from + 8) <= 28 || this.#fields[index]!.pattern!.test(this.whole.toString('latin1', from, to))
    return isInstant ? to + 1 : NO
  }

  /** Milliseconds since the epoch of `YYYY-MM-DDTHH:mm:ss.sssZ`, or NaN; days after the 28th may be none in their month. */
  instantMs(view: DataView, from: number, index: number): number {
    let isSame = true
    for (let i = 0; i < MINUTE_WORDS; i++) {
      const word = view.getInt32(from + i * 4, true)
      if (word === this.#minute[index * MINUTE_WORDS + i]) continue
      this.#minute[index * MINUTE_WORDS + i] = word
      isSame = false
    }
    if (!isSame) this.#minuteMs[index] = minuteMs(view, from)
    return this.#minuteMs[index]! + secondsMs(view, from + MINUTE_WORDS * 4)
  }
}

/** Milliseconds of `:ss.sssZ`, or NaN: in two words, each byte less what it has to be, or less the digit 0. */
function secondsMs(view: DataView, at: number): number {
  const seconds = view.getInt32(at, true) ^ 0x2e30303a
  const millis = view.getInt32(at + 4, true) ^ 0x5a303030
  const tens = (seconds >>> 8) & 0xff
  const ones = (seconds >>> 16) & 0xff
  const hundredths = millis & 0xff
  const tenths = (millis >>> 8) & 0xff
  const last = millis >>> 16
  const isFine = (seconds & 0xff0000ff) === 0 && tens <= 5 && ones <= 9 && hundredths <= 9 && tenths <= 9 && last <= 9
  return isFine ? (tens * 10 + ones) * 1_000 + hundredths * 100 + tenths * 10 + last : Number.NaN
}

/** The digit at `at`, or NaN. */
function digitAt(view: DataView, at: number): number {
  const digit = view.getUint8(at) - ZERO
  return digit >= 0 && digit <= 9 ? digit : Number.NaN
}

/** The number of two digits at `at`, or NaN. */
const twoDigitsAt = (view: DataView, at: number): number => digitAt(view, at) * 10 + digitAt(view, at + 1)

/** Milliseconds since the epoch of `YYYY-MM-DDTHH:mm`, or NaN. */
function minuteMs(view: DataView, from: number): number {
  const year = twoDigitsAt(view, from) * 100 + twoDigitsAt(view, from + 2)
  const month = twoDigitsAt(view, from + 5)
  const day = twoDigitsAt(view, from + 8)
  const hour = twoDigitsAt(view, from + 11)
  const minute = twoDigitsAt(view, from + 14)
  const isInstant =
    view.getUint8(from + 4) === MINUS &&
    view.getUint8(from + 7) === MINUS &&
    view.getUint8(from + 10) === LETTER_T &&
    view.getUint8(from + 13) === COLON &&
    // Date.UTC takes the years before 100 for those of the twentieth century.
    year >= 100 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    hour <= 23 &&
    minute <= 59
  return isInstant ? Date.UTC(year, month - 1, day, hour, minute) : Number.NaN
}

/** Offset behind the closing quote of a UUID that begins at `from`, or NO. */
export function uuidEnd(view: DataView, from: number, end: number): number {
  const to = from + UUID_LENGTH
  const isUuid =
    to < end &&
    view.getUint8(to) === QUOTE &&
    view.getUint8(from + 8) === MINUS &&
    view.getUint8(from + 13) === MINUS &&
    view.getUint8(from + 18) === MINUS &&
    view.getUint8(from + 23) === MINUS &&
    areHex(view.getInt32(from, true)) &&
    areHex(view.getInt32(from + 4, true)) &&
    areHex(view.getInt32(from + 9, true)) &&
    areHex(view.getInt32(from + 14, true)) &&
    areHex(view.getInt32(from + 19, true)) &&
    areHex(view.getInt32(from + 24, true)) &&
    areHex(view.getInt32(from + 28, true)) &&
    areHex(view.getInt32(from + 32, true))
  return isUuid ? to + 1 : NO
}

/** Offset behind the closing quote of a text of digits and separators that begins at `from`, or NO. */
export function digitsEnd(view: DataView, from: number, runs: DigitRuns): number {
  let at = from
  for (let i = 0; i < runs.length; i += 3) {
    const first = at
    while ((view.getUint8(at) - ZERO) >>> 0 <= 9) at++
    if (at - first < runs[i]! || at - first > runs[i + 1]! || view.getUint8(at++) !== runs[i + 2]) return NO
  }
  return at
}

/** Offset of the first byte that does not stand for itself in a JSON text of ASCII. */
export function plainEnd(view: DataView, from: number, end: number): number {
  let at = from
  while (at + 4 <= end && arePlain(view.getInt32(at, true))) at += 4
  for (; at < end; at++) {
    const byte = view.getUint8(at)
    if (byte === QUOTE || byte === BACKSLASH || byte < SPACE || byte >= ASCII_END) break
  }
  return at
}

function choiceEnd(view: DataView, at: number, end: number, choices: readonly Needle[]): number {
  for (let i = 0; i < choices.length; i++) if (startsWith(view, at, end, choices[i]!)) return at + choices[i]!.length
  return NO
}

/** Puts a number without an exponent into `numbers`. @returns the offset behind it, or NO. The event ends behind it, so there is a byte that is no digit. */
export function numberEnd(
  view: DataView,
  from: number,
  { kind, minimum, maximum }: Field,
  numbers: Float64Array,
  index: number,
): number {
  const isNegative = view.getUint8(from) === MINUS
  const first = isNegative ? from + 1 : from
  let value = 0
  let at = first
  let digit = view.getUint8(at) - ZERO
  for (; digit >= 0 && digit <= 9; digit = view.getUint8(++at) - ZERO) value = value * 10 + digit
  let count = at - first
  if (count === 0 || (count > 1 && view.getUint8(first) === ZERO)) return NO
  if (view.getUint8(at) === POINT) {
    const point = at
    digit = view.getUint8(++at) - ZERO
    for (; digit >= 0 && digit <= 9; digit = view.getUint8(++at) - ZERO) value = value * 10 + digit
    const places = at - point - 1
    count += places
    if (kind === 'integer' || places === 0 || count > MAX_DIGITS) return NO
    // Exact numbers, so that the quotient is the double next to the decimal (W. D. Clinger, "How to read floating point numbers accurately").
    value /= POWERS[places]!
  }
  if (count > MAX_DIGITS) return NO
  if (isNegative) {
    // JSON.stringify and many readers lose the sign of zero.
    if (value === 0) return NO
    value = -value
  }
  numbers[index] = value
  return value >= minimum && value <= maximum ? at : NO
}
