/**
 * One sample of the pointer before an action: [ms before the action, dx, dy], where dx and dy are its position then minus
 * its position at the action, map units.
 */
export type ApproachPoint = readonly [beforeMs: number, dx: number, dy: number]

/**
 * The pointer's way to an action, oldest sample first. The action itself closes it with [0, 0, 0], which is not written.
 */
export type Approach = readonly ApproachPoint[]

/** A client sends the pointer of this long before the action, ms. */
export const APPROACH_MS = 500
/** No sample of an approach may be older than this, ms: a sampling that is late by one period is no fault. */
export const MAX_APPROACH_MS = 1000
export const MAX_APPROACH_POINTS = 32
