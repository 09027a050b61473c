import type { AdActivity } from '../contract.ts'

/** What events count for, added up. */
export interface Counts {
  readonly impressions: number
  readonly views: number
  readonly counted: number
  readonly suppressed: number
  /** Whole milliseconds viewed: sums of them are exact. */
  readonly viewedMs: number
}

export const NO_COUNTS: Counts = { impressions: 0, views: 0, counted: 0, suppressed: 0, viewedMs: 0 }

const countsOf = ({ impressions, views, countedClicks, suppressedClicks, seconds }: AdActivity): Counts => ({
  ...{ impressions, views, counted: countedClicks, suppressed: suppressedClicks, viewedMs: Math.round(seconds * 1000) },
})

function combine(a: Counts, b: Counts, sign: 1 | -1): Counts {
  return {
    impressions: a.impressions + sign * b.impressions,
    views: a.views + sign * b.views,
    counted: a.counted + sign * b.counted,
    suppressed: a.suppressed + sign * b.suppressed,
    viewedMs: a.viewedMs + sign * b.viewedMs,
  }
}

/** How windows and totals add up what events count for, and follow corrections. */
export const counting = {
  zero: NO_COUNTS,
  add: (counts: Counts, event: AdActivity): Counts => combine(counts, countsOf(event), 1),
  subtract: (counts: Counts, event: AdActivity): Counts => combine(counts, countsOf(event), -1),
  merge: (a: Counts, b: Counts): Counts => combine(a, b, 1),
  isCorrection: ({ correction }: AdActivity): boolean => correction,
  sentMsOf: ({ sentAt }: AdActivity): number => Date.parse(sentAt),
}

/** Counted clicks per impression; null without impressions. */
export const ctrOf = ({ counted, impressions }: Counts): number | null =>
  impressions === 0 ? null : counted / impressions
