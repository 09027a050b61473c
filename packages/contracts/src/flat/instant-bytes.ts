import { COLON, LETTER_T, MINUS, ZERO } from './bytes.ts'

/** Milliseconds of `:ss.sssZ`, or NaN: in two words, each byte less what it has to be, or less the digit 0. */
export function secondsMs(view: DataView, at: number): number {
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
export const twoDigitsAt = (view: DataView, at: number): number => digitAt(view, at) * 10 + digitAt(view, at + 1)

/** Milliseconds since the epoch of `YYYY-MM-DDTHH:mm`, or NaN. */
export function minuteMs(view: DataView, from: number): number {
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
