export const MINUTE_MS = 60_000
/** How long after the end of its minute an event still counts, by the event times of its partition. */
export const LATENESS_MS = 60 * MINUTE_MS

/** Start of the minute of a time, ms since the epoch. */
export const minuteOf = (timeMs: number): number => Math.floor(timeMs / MINUTE_MS) * MINUTE_MS
