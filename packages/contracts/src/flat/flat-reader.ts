import type { z } from 'zod'
import { type FieldRule, fieldRuleOf } from './field-rule.ts'
import { RepeatedTexts } from './repeated-texts.ts'
import { areHex, arePlain, type Needle, needleOf, startsWith } from './words.ts'

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const LETTER_T = 0x54
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const ASCII_END = 0x80

const NO = -1
/** Each has a bit. */
const MOST_FIELDS = 31
/** A double holds every number of so many digits. */
const MAX_DIGITS = 15
const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent)
const UUID_LENGTH = 36
const INSTANT_LENGTH = 24
/** `YYYY-MM-DDTHH:mm` */
const MINUTE_WORDS = 4
const MATCHED = 1_024
const NULL = needleOf('null')

interface Field extends Omit<FieldRule, 'choices'> {
  /** With quotes and colon. */
  readonly key: Needle
  readonly choices: readonly Needle[]
  /** Texts of three to six bytes that were found to be of the pattern, as two words each: the same few come again and again. */
  readonly matched: Int32Array
}

/**
 * Reads events of one schema where their bytes lie, without making values of them: what JSON.parse and the schema would do, for
 * those that are written plainly. It never takes what they would not take; what it does not take may still be right.
 */
export class FlatReader {
  /** Where there is more to the schema than fields of the kinds that are known here, nothing is ever taken. */
  readonly #isReadable: boolean
  readonly #names: readonly string[]
  readonly #fields: readonly Field[]
  /** Of the fields that every event has, the bits; see #seen. */
  readonly #required: number
  /** Which field came behind which, the last time; the place behind the last field is for the first. */
  readonly #following: Int32Array
  // Of the event that was read last: which fields it has, a bit for each, and where their values are in the view.
  #seen = 0
  readonly #from: Int32Array
  readonly #to: Int32Array
  /** Of fields of numbers, NaN for null. */
  readonly #numbers: Float64Array
  readonly #repeated = new RepeatedTexts()
  /** Everything in the memory that the bytes are a part of. */
  #view: DataView = new DataView(new ArrayBuffer(0))
  #whole = Buffer.alloc(0)
  // Of each field its last instant up to the minute, as words: the next one is mostly in the same minute.
  readonly #minute: Int32Array
  readonly #minuteMs: Float64Array

  constructor(schema: z.ZodObject) {
    const fields: Field[] = []
    let required = 0
    const count = Object.keys(schema.shape).length
    let isReadable = !schema._zod.def.checks?.length && count > 0 && count <= MOST_FIELDS
    for (const [name, schemaOfField] of Object.entries(schema.shape)) {
      const rule = fieldRuleOf(schemaOfField as z.ZodType)
      if (!rule) {
        isReadable = false
        continue
      }
      if (!rule.isOptional) required |= 1 << fields.length
      const key = needleOf(`${JSON.stringify(name)}:`)
      fields.push({ ...rule, key, choices: rule.choices.map(needleOf), matched: new Int32Array(MATCHED * 2) })
    }
    this.#names = Object.keys(schema.shape)
    this.#fields = fields
    this.#isReadable = isReadable
    this.#required = required
    this.#following = Int32Array.from({ length: fields.length + 1 }, (_, index) => (index + 1) % fields.length)
    this.#following[fields.length] = 0
    this.#from = new Int32Array(fields.length)
    this.#to = new Int32Array(fields.length)
    this.#numbers = new Float64Array(fields.length)
    this.#minute = new Int32Array(fields.length * MINUTE_WORDS)
    this.#minuteMs = new Float64Array(fields.length).fill(Number.NaN)
  }

  /** Number of a field, for the methods that tell its value; −1 where nothing of the schema is ever taken. @throws for an unknown one */
  indexOf(name: string): number {
    if (!this.#names.includes(name)) throw new Error(`The schema has no field ${name}.`)
    return this.#isReadable ? this.#names.indexOf(name) : NO
  }

  /**
   * Reads one event.
   * @returns true when these bytes are an event of the schema beyond doubt: JSON, no key twice, no unknown field, each value
   * in its canonical form; false when only a real parser can tell
   */
  read(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (!this.#isReadable) return false
    if (bytes.buffer !== this.#view.buffer) {
      this.#view = new DataView(bytes.buffer)
      this.#whole = Buffer.from(bytes.buffer as ArrayBuffer)
    }
    return end - start > 2 && this.#object(this.#view, bytes.byteOffset + start, bytes.byteOffset + end)
  }

  /** The value of a field as it is written, a text without its quotes; undefined when the field is absent. */
  text(index: number): string | undefined {
    return this.#has(index) ? this.#whole.toString('latin1', this.#from[index]!, this.#to[index]!) : undefined
  }

  /** The bytes of that, in the same memory. */
  slice(index: number): Buffer | undefined {
    return this.#has(index) ? this.#whole.subarray(this.#from[index]!, this.#to[index]!) : undefined
  }

  /** As `text`, for a field whose values come again and again: one string for all that are equal, mostly. */
  repeatedText(index: number): string | undefined {
    return this.#has(index)
      ? this.#repeated.get(this.#view, this.#whole, this.#from[index]!, this.#to[index]!)
      : undefined
  }

  /** The value of a field of numbers that are no choice; undefined when it is absent, NaN when it is null. */
  number(index: number): number | undefined {
    return this.#has(index) ? this.#numbers[index] : undefined
  }

  /** Milliseconds since the epoch of a field of instants; undefined when it is absent. */
  instantMs(index: number): number | undefined {
    return this.#has(index) ? this.#instantMs(this.#view, this.#from[index]!, index) : undefined
  }

  #has(index: number): boolean {
    return (this.#seen & (1 << index)) !== 0
  }

  #object(view: DataView, start: number, end: number): boolean {
    const fields = this.#fields
    const following = this.#following
    const last = end - 1
    this.#seen = 0
    if (view.getUint8(start) !== OPEN || view.getUint8(last) !== CLOSE) return false
    let at = start + 1
    let previous = fields.length
    let seen = 0
    for (;;) {
      if (view.getUint8(at) === SPACE) at++
      let index = following[previous]!
      if (!startsWith(view, at, last, fields[index]!.key)) {
        index = this.#fieldAt(view, at, last)
        if (index < 0) return false
        following[previous] = index
      }
      const bit = 1 << index
      if (seen & bit) return false
      seen |= bit
      previous = index
      at += fields[index]!.key.length
      if (view.getUint8(at) === SPACE) at++
      at = this.#value(index, view, at, last)
      if (at < 0) return false
      if (at === last) break
      if (view.getUint8(at++) !== COMMA) return false
    }
    this.#seen = seen
    return (seen & this.#required) === this.#required
  }

  #fieldAt(view: DataView, at: number, end: number): number {
    return this.#fields.findIndex(({ key }) => startsWith(view, at, end, key))
  }

  /** Notes where the value is. @returns the offset behind it, or NO */
  #value(index: number, view: DataView, at: number, end: number): number {
    const field = this.#fields[index]!
    const isText = view.getUint8(at) === QUOTE
    let behind: number
    if (field.isNullable && startsWith(view, at, end, NULL)) {
      behind = at + NULL.length
      this.#numbers[index] = Number.NaN
    } else
      switch (field.kind) {
        case 'choice':
          behind = choiceEnd(view, at, end, field.choices)
          break
        case 'number':
        case 'integer':
          behind = numberEnd(view, at, field, this.#numbers, index)
          break
        default:
          behind = isText ? this.#textEnd(view, at + 1, end, index) : NO
      }
    this.#from[index] = isText ? at + 1 : at
    this.#to[index] = isText ? behind - 1 : behind
    return behind
  }

  /** Offset behind the closing quote, or NO. */
  #textEnd(view: DataView, from: number, end: number, index: number): number {
    const field = this.#fields[index]!
    if (field.kind === 'uuid') return isUuid(view, from, end) ? from + UUID_LENGTH + 1 : NO
    if (field.kind === 'instant') return this.#isInstant(view, from, end, index) ? from + INSTANT_LENGTH + 1 : NO
    const to = plainEnd(view, from, end)
    const length = to - from
    if (to === end || view.getUint8(to) !== QUOTE || length < field.minimum || length > field.maximum) return NO
    return field.pattern === null || this.#matches(view, from, to, field) ? to + 1 : NO
  }

  #isInstant(view: DataView, from: number, end: number, index: number): boolean {
    const to = from + INSTANT_LENGTH
    if (to >= end || view.getUint8(to) !== QUOTE || Number.isNaN(this.#instantMs(view, from, index))) return false
    // Later days may be none in their month.
    return (
      twoDigitsAt(view, from + 8) <= 28 || this.#fields[index]!.pattern!.test(this.#whole.toString('latin1', from, to))
    )
  }

  #matches(view: DataView, from: number, to: number, { pattern, matched }: Field): boolean {
    if (to - from < 3 || to - from > 6) return pattern!.test(this.#whole.toString('latin1', from, to))
    // With the quotes around it: so texts of different lengths differ.
    const first = view.getInt32(from - 1, true)
    const second = view.getInt32(to - 3, true)
    const place = ((Math.imul(first, 0x9e3779b1) ^ second) >>> 22) * 2
    if (matched[place] === first && matched[place + 1] === second) return true
    if (!pattern!.test(this.#whole.toString('latin1', from, to))) return false
    matched[place] = first
    matched[place + 1] = second
    return true
  }

  /** Milliseconds since the epoch of `YYYY-MM-DDTHH:mm:ss.sssZ`, or NaN; days after the 28th may be none in their month. */
  #instantMs(view: DataView, from: number, index: number): number {
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

const readers = new WeakMap<z.ZodObject, FlatReader>()

/** The reader of a schema: one for all, since what it knows of an event holds only until the next one. */
export function flatReaderOf(schema: z.ZodObject): FlatReader {
  const reader = readers.get(schema) ?? new FlatReader(schema)
  readers.set(schema, reader)
  return reader
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

function isUuid(view: DataView, from: number, end: number): boolean {
  const to = from + UUID_LENGTH
  return (
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
  )
}

/** Offset of the first byte that does not stand for itself in a JSON text of ASCII. */
function plainEnd(view: DataView, from: number, end: number): number {
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
function numberEnd(
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
  if (isNegative) value = -value
  numbers[index] = value
  return value >= minimum && value <= maximum ? at : NO
}
