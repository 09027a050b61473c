/** Events may carry a time from this instant on; older ones are kept, but apart. */
export const PLAUSIBLE_FROM_MS = Date.UTC(2000, 0, 1)
/** Events may be this far ahead of the moment at which they were sent. */
export const PLAUSIBLE_AHEAD_MS = 24 * 3_600_000

/**
 * Whether an event time is plausible: not before 2000 and not more than a day after the record was sent.
 * @param eventTimeMs event time, ms since the epoch
 * @param sentMs timestamp of the log record, ms since the epoch
 */
export const isPlausibleEventTime = (eventTimeMs: number, sentMs: number): boolean =>
  eventTimeMs >= PLAUSIBLE_FROM_MS && eventTimeMs <= sentMs + PLAUSIBLE_AHEAD_MS

const FIRST_INSTANT_MS = Date.parse('0000-01-01T00:00:00.000Z')
const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * An event time in whole milliseconds; null where it is none that an ISO-8601 instant with a year of four digits can hold.
 * Seconds with a fraction are seldom whole milliseconds as doubles, and what is written behind the gateway are instants.
 */
export function asEventTime(timeMs: number): number | null {
  const wholeMs = Math.round(timeMs)
  return wholeMs >= FIRST_INSTANT_MS && wholeMs <= LAST_INSTANT_MS ? wholeMs : null
}
