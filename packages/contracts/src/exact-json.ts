/*
 * Numbers of JSON, which may have more digits than a double holds. `isExact` decides whether one survives being read as a double;
 * everything that reads events to write them again, to store them or to compare them asks it, through the functions below.
 */

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?)0*(\d+))?$/
/** Exponents of more digits are not counted with: a number with one is equal only to one that is written alike. */
const MAX_EXPONENT_DIGITS = 15

const QUOTE = 0x22
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LETTER_E = 0x45
const BACKSLASH = 0x5c
const SMALL_E = 0x65

/** A double holds every decimal of so many digits, and JSON.stringify writes it as it was, but for the cases in `isUnusual`. */
const HELD_DIGITS = 15

interface RawJson {
  readonly rawJSON: string
}
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** Of JSON, what TypeScript does not know yet: source text access (TC39, stage 4). */
const json = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}

/** A number as JSON.stringify writes it, and the sign of zero. */
const writtenDouble = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** Digits without zeros at either end and the power of ten of the last one, so that numbers of equal value have one text. */
function decimalOf(number: string): string {
  const match = NUMBER.exec(number)
  if (!match) return number
  const [, sign = '', whole = '', fraction = '', exponentSign = '', exponentDigits = '0'] = match
  if (exponentDigits.length > MAX_EXPONENT_DIGITS) return number
  const digits = whole + fraction
  let first = 0
  let end = digits.length
  while (first < end && digits.charCodeAt(first) === ZERO) first++
  if (first === end) return `${sign}0`
  while (digits.charCodeAt(end - 1) === ZERO) end--
  const exponent = Number(exponentSign + exponentDigits) - fraction.length + digits.length - end
  return `${sign}${digits.slice(first, end)}e${exponent}`
}

/**
 * Whether the double that a number of JSON is read as has the value of the number: the shortest decimal that gives this double
 * (ECMA-262, Number::toString) is the number, apart from how it is written (`1.0`, `1e0`). `-0` is exact, as the double -0.
 */
export function isExact(number: string): boolean {
  const text = writtenDouble(Number(number))
  return text === number || decimalOf(text) === decimalOf(number)
}

/** Whether JSON.stringify writes a number as it was written after JSON.parse has read it. */
const isRewritten = (number: string): boolean => String(Number(number)) !== number

/** Whether a number is more than a sign and up to 15 digits as JSON.stringify writes them. */
const isUnusual = (bytes: Buffer, start: number, end: number, point: number): boolean =>
  end - start > HELD_DIGITS ||
  (point >= 0 && bytes[end - 1] === ZERO) ||
  (point >= 0 && bytes[point - 1] === ZERO && end - point > 6) ||
  (bytes[start] === MINUS && bytes[start + 1] === ZERO && end - start === 2)

/** Whether a number in the bytes of JSON passes the test; usual numbers are not asked about. */
function hasNumber(bytes: Buffer, test: (number: string) => boolean): boolean {
  const to = bytes.length
  for (let at = 0; at < to; at++) {
    let byte = bytes[at]!
    if (byte === QUOTE) {
      for (at++; at < to && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
    } else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      const start = at
      let point = -1
      let hasExponent = false
      for (; at < to; at++) {
        byte = bytes[at]!
        if (byte === POINT) point = at
        else if (byte === LETTER_E || byte === SMALL_E) hasExponent = true
        else if ((byte < ZERO || byte > NINE) && byte !== MINUS && byte !== PLUS) break
      }
      if ((hasExponent || isUnusual(bytes, start, at, point)) && test(bytes.toString('latin1', start, at))) return true
      at--
    }
  }
  return false
}

/** Whether JSON has a number that a double does not hold exactly. */
export const hasInexactNumber = (bytes: Buffer): boolean => hasNumber(bytes, number => !isExact(number))

/** Whether JSON has a number that JSON.stringify would write in another way than it is written there, be it of equal value (`1.0`). */
export const hasRewrittenNumber = (bytes: Buffer): boolean => hasNumber(bytes, isRewritten)

const keepInexact: SourceReviver = (_, value, { source }) =>
  typeof value === 'number' && source !== undefined && !isExact(source) ? json.rawJSON(source) : value

const keepWritten: SourceReviver = (_, value, { source }) =>
  typeof value === 'number' && source !== undefined && isRewritten(source) ? json.rawJSON(source) : value

/** JSON.parse that loses no digit: numbers that a double does not hold exactly become raw JSON (`numberText`). @throws SyntaxError */
export function parseExact(bytes: Buffer): unknown {
  const text = bytes.toString()
  return hasInexactNumber(bytes) ? json.parse(text, keepInexact) : JSON.parse(text)
}

/** JSON.parse after which JSON.stringify writes every number as it was written. @throws SyntaxError */
export const parseAsWritten = (text: string): unknown => json.parse(text, keepWritten)

/** The digits of a number that is kept as raw JSON; undefined for any other value. */
export const numberText = (value: unknown): string | undefined => (json.isRawJSON(value) ? value.rawJSON : undefined)

/** A number in one text for all that are equal: as JSON.stringify writes it where a double holds it, and the sign of zero. */
export const canonicalNumber = (number: string): string =>
  isExact(number) ? writtenDouble(Number(number)) : decimalOf(number)

/** The number that a text is, where JSON.stringify would write it in another way; undefined where the text is none, or another. */
export function numberInText(text: unknown, value: unknown): string | undefined {
  if (typeof text !== 'string' || typeof value !== 'number' || text === String(value)) return undefined
  const number = text.trim()
  return NUMBER.test(number) && Number(number) === value ? number : undefined
}
