import type { PictureSource } from './facets.ts'

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000]

type Shown = Pick<PictureSource, 'fromMs' | 'toMs'>

/** Starts of the windows of a length that a picture shows, ms since the epoch. */
export function windowsOf({ fromMs, toMs }: Shown, lengthMs: number): number[] {
  const first = Math.floor(fromMs / lengthMs) * lengthMs
  return Array.from({ length: Math.floor((toMs - first) / lengthMs) + 1 }, (_, index) => first + index * lengthMs)
}

/** Starts of the UTC hours that a picture shows. */
export const hoursOf = (shown: Shown): number[] => windowsOf(shown, HOUR_MS)

/** The UTC days that a picture shows, YYYY-MM-DD. */
export const daysOf = (shown: Shown): string[] =>
  windowsOf(shown, DAY_MS).map(timeMs => new Date(timeMs).toISOString().slice(0, 10))
