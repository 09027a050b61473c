const DAY_MS = 86_400_000
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z')

/** Makes a function that writes the UTC day of an instant, `YYYY-MM-DD`; it remembers one day, as most events share it. */
export function createDayWriter(): (timeMs: number) => string {
  let knownDay = Number.NaN
  let text = ''
  return timeMs => {
    // A date before the year 0 cannot be written with four digits.
    const writableMs = Math.max(timeMs, FIRST_MS)
    const day = Math.floor(writableMs / DAY_MS)
    if (day !== knownDay) {
      text = new Date(writableMs).toISOString().slice(0, 10)
      knownDay = day
    }
    return text
  }
}
