import type { Move } from '../../steps/read-move.ts'

export type Position = Pick<Move, 'x' | 'y' | 'timeMs' | 'gameMs'>

/** Game time is told in whole seconds: a difference may be this much larger than it looks, ms. */
const GAME_RESOLUTION_MS = 1000

/** How far the pointer went since the previous move, map units. */
export const displacementSince = (previous: Position, move: Position): number =>
  Math.min(Math.hypot(move.x - previous.x, move.y - previous.y), Number.MAX_VALUE)

/**
 * The time that a move had, ms: by the event time, unless the game time leaves less. A client that shifts one of its clocks
 * gains nothing. A game time that runs backwards says nothing.
 */
export function elapsedSince(previous: Position, move: Position): number {
  const byEventMs = move.timeMs - previous.timeMs
  if (move.gameMs === null || previous.gameMs === null) return byEventMs
  const byGameMs = move.gameMs - previous.gameMs
  return byGameMs < 0 ? byEventMs : Math.min(byEventMs, byGameMs + GAME_RESOLUTION_MS)
}
