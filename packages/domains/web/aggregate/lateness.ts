export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** How long after its end an hour or a day still counts events. */
export const GRACE_MS = HOUR_MS
