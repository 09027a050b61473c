/** Events may carry a time from this instant on; older ones are kept, but apart. */
export const SANE_FROM_MS = Date.UTC(2000, 0, 1)
/** Events may be this far ahead of the moment at which they were sent. */
export const SANE_AHEAD_MS = 24 * 3_600_000

/**
 * Whether an event time can be believed: not before 2000 and not more than a day after the record was sent.
 * @param eventTimeMs event time, ms since the epoch
 * @param sentMs timestamp of the log record, ms since the epoch
 */
export const isSaneEventTime = (eventTimeMs: number, sentMs: number): boolean =>
  eventTimeMs >= SANE_FROM_MS && eventTimeMs <= sentMs + SANE_AHEAD_MS
