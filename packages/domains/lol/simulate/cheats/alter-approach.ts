import type { Approach, ApproachPoint } from '../../approach.ts'

/** Length of the way along the samples up to each of them, map units; the last entry is that up to the action. */
function waysOf(approach: Approach): number[] {
  const ways = [0]
  let [, x, y] = approach[0]!
  for (const [, nextX, nextY] of [...approach.slice(1), [0, 0, 0] as const]) {
    ways.push(ways.at(-1)! + Math.hypot(nextX - x, nextY - y))
    x = nextX
    y = nextY
  }
  return ways
}

/** Where the pointer was `beforeMs` before the action, between two samples on the straight line of them. */
function positionAt(approach: Approach, beforeMs: number): readonly [x: number, y: number] {
  const [firstMs, firstX, firstY] = approach[0]!
  if (beforeMs >= firstMs) return [firstX, firstY]
  const after = approach.findIndex(([ms]) => ms <= beforeMs)
  const [ms, x, y] = after < 0 ? ([0, 0, 0] as const) : approach[after]!
  const [previousMs, previousX, previousY] = after < 0 ? approach.at(-1)! : approach[after - 1]!
  const share = (previousMs - beforeMs) / (previousMs - ms)
  return [previousX + share * (x - previousX), previousY + share * (y - previousY)]
}

/**
 * An aim snap: the last `share` of the way is replaced by a straight stroke of constant speed in the same time.
 * An approach in which the pointer rests stays as it is.
 *
 * @param share of the way, from 0 to 1
 */
export function snapApproach(approach: Approach, share: number): Approach {
  if (approach.length === 0) return approach
  const ways = waysOf(approach)
  const own = (1 - share) * ways.at(-1)!
  // The last sample that the hand reached by itself.
  const from = ways.findLastIndex((way, index) => way <= own && index < approach.length)
  const [fromMs, fromX, fromY] = approach[from]!
  return approach.map((point, index): ApproachPoint => {
    if (index <= from) return point
    const left = point[0] / fromMs
    return [point[0], fromX * left, fromY * left]
  })
}

/**
 * A jump to where the hand was going: the pointer does half of its way in all of the time and is at the target at once.
 */
export function jumpToOwnTarget(approach: Approach): Approach {
  if (approach.length === 0) return approach
  const [firstMs] = approach[0]!
  return approach.map(([ms]): ApproachPoint => [ms, ...positionAt(approach, (firstMs + ms) / 2)])
}

/**
 * A jump elsewhere: the hand ends where it was going, and the action happens at another place.
 *
 * @param dx from the hand's target to the place of the action, map units
 * @param dy the same, down
 */
export const jumpElsewhere = (approach: Approach, dx: number, dy: number): Approach =>
  approach.map(([ms, x, y]): ApproachPoint => [ms, x - dx, y - dy])

/**
 * Aim assist: the hand's timing, and a share of what it bends away from the straight line to the target taken out.
 *
 * @param share of the bend, from 0 to 1
 */
export function assistApproach(approach: Approach, share: number): Approach {
  if (approach.length === 0) return approach
  const [, startX, startY] = approach[0]!
  const square = startX ** 2 + startY ** 2
  if (square === 0) return approach
  return approach.map(([ms, x, y]): ApproachPoint => {
    const along = (x * startX + y * startY) / square
    return [ms, x + share * (along * startX - x), y + share * (along * startY - y)]
  })
}
