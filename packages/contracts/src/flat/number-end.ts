import { MINUS, NO, POINT, ZERO } from './bytes.ts'
import type { Field } from './values.ts'

/** A double holds every number of so many digits. */
const MAX_DIGITS = 15
/** The most that JavaScript writes a double with, without an exponent: 17 behind `0.000000`. */
const MOST_WRITTEN_DIGITS = 24
const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

/** A number of more digits: NaN unless the double that it is read as is written with the same ones. */
function longNumber(view: DataView, from: number, to: number): number {
  const text = Buffer.from(view.buffer as ArrayBuffer, from, to - from).toString('latin1')
  const number = Number(text)
  return String(number) === text ? number : Number.NaN
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
    if (kind === 'integer' || places === 0) return NO
    // Exact numbers, so that the quotient is the double next to the decimal (W. D. Clinger, "How to read floating point numbers accurately").
    if (count <= MAX_DIGITS) value /= POWERS[places]!
  }
  if (count > MAX_DIGITS) {
    if (count > MOST_WRITTEN_DIGITS) return NO
    value = longNumber(view, from, at)
  } else if (isNegative) {
    // JSON.stringify and many readers lose the sign of zero.
    if (value === 0) return NO
    value = -value
  }
  numbers[index] = value
  return value >= minimum && value <= maximum ? at : NO
}
