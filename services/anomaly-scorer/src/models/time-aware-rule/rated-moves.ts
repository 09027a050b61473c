import { EventTimeWindow, type TimedEntry } from '@millrace/stream'
import type { Move } from '../../steps/read-move.ts'
import type { ModelHistory, MoveFeatures, MoveRating, TimeAwareRule } from './features.ts'
import { displacementSince, elapsedSince, type Position } from './measure-move.ts'

/** A move as it is remembered. */
export interface RatedMove extends TimedEntry, Position {
  readonly eventId: string
  roomID: string | undefined
  rating: MoveRating
  score: number
  /** Whether the player's score was over the alert threshold at this move. */
  isCrossing: boolean
}

const UNRATED: MoveRating = { excess: 0, rarity: 0, feature: 'displacement', value: 0 }

/** Sums over a window of moves; of whole numbers, so adding and taking away is exact. */
interface WindowSums {
  moves: number
  excess: number
  rarity: number
}

/** How long a player's moves must be kept, and from how far back what is kept was worked out. */
export function reachOf(history: ModelHistory, allowedLatenessMs: number): { keepMs: number; dependsMs: number } {
  const { windowMs, horizonMs, incidentGapMs } = history
  const keepMs = allowedLatenessMs + Math.max(windowMs, horizonMs, incidentGapMs)
  // A kept move holds its score, made from a window of ratings, the oldest of which looked at the move before it.
  return { keepMs, dependsMs: keepMs + windowMs + horizonMs }
}

/**
 * The latest moves of one player. Everything it answers is a function of the moves within reach, in the order in which they
 * came, and not of how the track came about.
 */
export class RatedMoves {
  readonly #rule: TimeAwareRule
  readonly #moves: EventTimeWindow<RatedMove>
  // Sums of the window that ends with the newest move: not as an object, of which there would be one for each player.
  #newestMoves = 0
  #newestExcess = 0
  #newestRarity = 0

  constructor(rule: TimeAwareRule, allowedLatenessMs: number) {
    this.#rule = rule
    this.#moves = new EventTimeWindow(reachOf(rule.history, allowedLatenessMs))
  }

  /** Offset from which replaying gives this track again. */
  get dependsFrom(): number {
    return this.#moves.dependsFrom
  }

  /** Adds a move, rates it against the one before it, and sums up the window that ends with it. */
  add(
    move: Move,
    offset: number,
  ): { readonly index: number; readonly rated: RatedMove; readonly features: MoveFeatures } {
    const { eventId, timeMs, gameMs, x, y, inputkey, roomID } = move
    const { history } = this.#rule
    const rated: RatedMove = { timeMs, gameMs, x, y, eventId, roomID, rating: UNRATED, score: 0, isCrossing: false }
    const index = this.#moves.insert(rated, offset)
    const before = this.#moves.at(index - 1)
    const isSameRoom = before !== undefined && before.roomID === roomID
    // One text for a whole match instead of one per move.
    if (isSameRoom) rated.roomID = before.roomID
    rated.rating =
      isSameRoom && timeMs - before.timeMs <= history.horizonMs
        ? this.#rule.rate(displacementSince(before, move), elapsedSince(before, move), inputkey)
        : this.#rule.rate(null, null, inputkey)
    const isNewest = index === this.#moves.length - 1
    if (!isNewest || !isSameRoom || !this.#advance(rated)) this.#restart()
    const { moves, excess, rarity } = isNewest
      ? { moves: this.#newestMoves, excess: this.#newestExcess, rarity: this.#newestRarity }
      : this.#sum(index)
    return {
      index,
      rated,
      features: { rating: rated.rating, recentMoves: moves, recentExcess: excess, recentRarity: rarity },
    }
  }

  /** Moves the newest window on by one move, which is in its place already; false when a part of the window is forgotten. */
  #advance(rated: RatedMove): boolean {
    const last = this.#moves.length - 1
    while (this.#newestMoves > 0) {
      const oldest = this.#moves.at(last - this.#newestMoves)
      if (!oldest) return false
      if (rated.timeMs - oldest.timeMs < this.#rule.history.windowMs) break
      this.#newestMoves--
      this.#newestExcess -= oldest.rating.excess
      this.#newestRarity -= oldest.rating.rarity
    }
    this.#newestMoves++
    this.#newestExcess += rated.rating.excess
    this.#newestRarity += rated.rating.rarity
    return true
  }

  #restart(): void {
    const { moves, excess, rarity } = this.#sum(this.#moves.length - 1)
    this.#newestMoves = moves
    this.#newestExcess = excess
    this.#newestRarity = rarity
  }

  #sum(index: number): WindowSums {
    const sums = { moves: 0, excess: 0, rarity: 0 }
    for (const { rating } of this.windowAt(index)) {
      sums.moves++
      sums.excess += rating.excess
      sums.rarity += rating.rarity
    }
    return sums
  }

  /** Whether a move of the same match within the incident gap has crossed the threshold too, before it or after. */
  isInIncident(index: number): boolean {
    const { timeMs, roomID } = this.#moves.at(index)!
    const { incidentGapMs } = this.#rule.history
    for (const step of [-1, 1])
      for (let i = index + step; ; i += step) {
        const other = this.#moves.at(i)
        if (!other || other.roomID !== roomID || Math.abs(other.timeMs - timeMs) > incidentGapMs) break
        if (other.isCrossing) return true
      }
    return false
  }

  /** The moves of the window that ends with the move at `index`, newest first. */
  *windowAt(index: number): Generator<RatedMove> {
    const { timeMs, roomID } = this.#moves.at(index)!
    for (let i = index; ; i--) {
      const move = this.#moves.at(i)
      if (!move || move.roomID !== roomID || timeMs - move.timeMs >= this.#rule.history.windowMs) return
      yield move
    }
  }
}
