/** A time that a game shows: minutes and seconds since a match or a raid began. */
export const GAME_TIME = /^\d{1,4}:\d{1,2}$/
const MOST_MINUTE_DIGITS = 4
const MOST_SECOND_DIGITS = 2

/** The number of the digits from `from` up to `to`; −1 where there are none, too many, or something else among them. */
function readDigits(text: string, from: number, to: number, most: number): number {
  if (to <= from || to - from > most) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Milliseconds of a game time, or null where the text is none. */
export function readGameTimeMs(text: string): number | null {
  const colon = text.indexOf(':')
  const minutes = readDigits(text, 0, colon, MOST_MINUTE_DIGITS)
  const seconds = readDigits(text, colon + 1, text.length, MOST_SECOND_DIGITS)
  return minutes < 0 || seconds < 0 ? null : (minutes * 60 + seconds) * 1000
}
