import { ASCII_END, BACKSLASH, CLOSE_BRACKET, COMMA, MINUS, NO, OPEN_BRACKET, QUOTE, SPACE, ZERO } from './bytes.ts'
import type { DigitRuns, FieldRule } from './field-rule.ts'
import { minuteMs, secondsMs, twoDigitsAt } from './instant-bytes.ts'
import { numberEnd } from './number-end.ts'
import { areHex, arePlain, type Needle, needleOf, startsWith } from './words.ts'

const UUID_LENGTH = 36
const INSTANT_LENGTH = 24
/** `YYYY-MM-DDTHH:mm` */
const MINUTE_WORDS = 4
const NULL = needleOf('null')

export interface Field extends Omit<FieldRule, 'choices' | 'columns'> {
  /** With quotes and colon. */
  readonly key: Needle
  readonly choices: readonly Needle[]
  readonly columns: readonly Field[]
}

export function fieldOf(name: string, rule: FieldRule): Field {
  const key = needleOf(`${JSON.stringify(name)}:`)
  const columns = rule.columns.map(column => fieldOf('', column))
  return { ...rule, key, choices: rule.choices.map(needleOf), columns }
}

/** The values of one event, judged by the rules of their fields. */
export class Values {
  readonly #fields: readonly Field[]
  /** Where each value is in the view; a text without its quotes. */
  readonly from: Int32Array
  readonly to: Int32Array
  /** Of fields of numbers, NaN for null. */
  readonly numbers: Float64Array
  /** Of fields of rows, the numbers of one row after the other, and how many there are. */
  readonly rows: readonly Float64Array[]
  readonly counts: Int32Array
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
    this.rows = fields.map(
      ({ columns, maximum }) => new Float64Array(columns.length === 0 ? 0 : columns.length * maximum),
    )
    this.counts = new Int32Array(fields.length)
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
      this.counts[index] = 0
    } else
      switch (field.kind) {
        case 'choice':
          behind = choiceEnd(view, at, end, field.choices)
          break
        case 'number':
        case 'integer':
          behind = numberEnd(view, at, field, this.numbers, index)
          break
        case 'rows':
          behind = this.rowsEnd(view, at, index)
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

  /** Offset behind a list of rows of numbers that begins at `from`, or NO. An empty list is left to a real parser. */
  rowsEnd(view: DataView, from: number, index: number): number {
    const { columns, minimum, isFalling } = this.#fields[index]!
    const numbers = this.rows[index]!
    const width = columns.length
    if (view.getUint8(from) !== OPEN_BRACKET) return NO
    let at = from + 1
    let count = 0
    for (;;) {
      if (count === numbers.length || view.getUint8(at++) !== OPEN_BRACKET) return NO
      for (let column = 0; column < width; column++) {
        if (column > 0) {
          if (view.getUint8(at++) !== COMMA) return NO
          if (view.getUint8(at) === SPACE) at++
        }
        at = numberEnd(view, at, columns[column]!, numbers, count + column)
        if (at < 0) return NO
      }
      if (view.getUint8(at++) !== CLOSE_BRACKET) return NO
      if (isFalling && count > 0 && numbers[count]! >= numbers[count - width]!) return NO
      count += width
      const behind = view.getUint8(at++)
      if (behind === CLOSE_BRACKET) break
      if (behind !== COMMA) return NO
      if (view.getUint8(at) === SPACE) at++
    }
    this.counts[index] = count
    return count < minimum * width ? NO : at
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
