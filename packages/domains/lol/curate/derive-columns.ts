import type { LolCurated } from '../contract.ts'
import type { PlayerAction } from './read-action.ts'
import type { TrackedAction } from './track-moves.ts'

export type MoveColumns = Pick<LolCurated, 'displacement' | 'elapsedMs' | 'speed'>

const FIRST_MOVE: MoveColumns = { displacement: null, elapsedMs: null, speed: null }

/** The nearest number that JSON can hold. */
const finite = (value: number): number => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE)

/** The sum of the coordinates, kept for compatibility; not a distance. */
export const sumOfCoordinates = (x: number, y: number): number => finite(x + y)

/**
 * How far the pointer went since `previous`, in how long, and how fast (map units per second). Moves of the same
 * millisecond count as one millisecond apart for the speed.
 */
export function deriveMoveColumns(
  { event, timeMs }: PlayerAction,
  previous: Pick<TrackedAction, 'x' | 'y' | 'timeMs'> | null,
): MoveColumns {
  if (!previous) return FIRST_MOVE
  const displacement = finite(Math.hypot(event.x - previous.x, event.y - previous.y))
  const elapsedMs = timeMs - previous.timeMs
  return { displacement, elapsedMs, speed: finite((displacement / Math.max(elapsedMs, 1)) * 1000) }
}
