const MINUTE_MS = 60_000
const SECONDS = Array.from({ length: 60 }, (_, second) => String(second).padStart(2, '0'))
const MILLIS = Array.from({ length: 1000 }, (_, ms) => `.${String(ms).padStart(3, '0')}Z`)

/** A writer of ISO-8601 UTC instants with milliseconds; it keeps the text of the last minute, so times near each other are cheap. */
export function createInstantWriter(): (timeMs: number) => string {
  let minuteMs = Number.NaN
  let prefix = ''
  return timeMs => {
    let restMs = timeMs - minuteMs
    if (!(restMs >= 0 && restMs < MINUTE_MS)) {
      minuteMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS
      prefix = new Date(minuteMs).toISOString().slice(0, -7)
      restMs = timeMs - minuteMs
    }
    const second = Math.floor(restMs / 1000)
    return prefix + SECONDS[second]! + MILLIS[restMs - 1000 * second]!
  }
}
