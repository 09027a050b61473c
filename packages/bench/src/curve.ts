import type { OpenSide, Server } from './row.ts'

/** How the cost of an event grows with one quantity. */
export interface Curve {
  readonly title: string
  /** The quantity, e.g. `players`. */
  readonly of: string
  readonly points: readonly number[]
  /** Of a figure, e.g. `µs per event`. */
  readonly unit: string
  readonly needs: readonly Server[]
  /** Why it is not flat, where it is not meant to be. */
  readonly remark?: string
  /** What costs so much at the point that is its setting. */
  readonly open: OpenSide<number>
}

export const defineCurve = (curve: Curve): Curve => curve
