const DAY_MS = 86_400_000
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z')

/** Milliseconds of a game time written minutes:seconds. */
export function gameTimeMs(ingametime: string): number {
  const colon = ingametime.indexOf(':')
  return (Number(ingametime.slice(0, colon)) * 60 + Number(ingametime.slice(colon + 1))) * 1000
}

/**
 * Makes a function that finds the UTC day, `YYYY-MM-DD`, on which a match started: that of `createRoomDateMs`, else that of
 * the event's time less its game time. It remembers the text of one day, as most events share it.
 */
export function createRoomDayFinder(): (
  createRoomDateMs: number | undefined,
  timeMs: number,
  ingametime: string,
) => string {
  let knownDay = Number.NaN
  let text = ''
  return (createRoomDateMs, timeMs, ingametime) => {
    // A date before the year 0 cannot be written with four digits.
    const startMs = Math.max(createRoomDateMs ?? timeMs - gameTimeMs(ingametime), FIRST_MS)
    const day = Math.floor(startMs / DAY_MS)
    if (day !== knownDay) {
      text = new Date(startMs).toISOString().slice(0, 10)
      knownDay = day
    }
    return text
  }
}
