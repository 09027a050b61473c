const MILLIS = Array.from({ length: 1000 }, (_, ms) => `.${String(ms).padStart(3, '0')}Z`)

/** A writer of ISO-8601 UTC instants with milliseconds; it keeps the text of the last second, so ascending times are cheap. */
export function createInstantWriter(): (timeMs: number) => string {
  let second = Number.NaN
  let prefix = ''
  return timeMs => {
    const wanted = Math.floor(timeMs / 1000)
    if (wanted !== second) {
      second = wanted
      prefix = new Date(wanted * 1000).toISOString().slice(0, 19)
    }
    return prefix + MILLIS[timeMs - wanted * 1000]!
  }
}
