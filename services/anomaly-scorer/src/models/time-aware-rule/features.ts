import type { Contribution } from '../model.ts'

/** One move seen by itself, against the population. */
export interface MoveRating {
  /** How far out of reach the move was: 0 = within, 1000 = beyond all doubt. Whole thousandths, so that sums over a window are exact. */
  readonly excess: number
  /** How rare the key was: 0 = common, 1000 = the rarest known. Whole thousandths. */
  readonly rarity: number
  /** What is most unusual about the move, in natural units, for people to read. */
  readonly feature: 'displacement' | 'speed' | 'keyRarity'
  readonly value: number
}

/** What a score is made from: a move and the player's recent moves, this one included. */
export interface MoveFeatures {
  readonly rating: MoveRating
  /** Moves within the model's window. */
  readonly recentMoves: number
  /** Sums of their ratings. */
  readonly recentExcess: number
  readonly recentRarity: number
}

/** How much of a player's past the rule looks at, ms of event time. */
export interface ModelHistory {
  /** A score looks at the moves of the same match within this. */
  readonly windowMs: number
  /** Fewer moves than this in the window are too few to judge a player by. */
  readonly minMoves: number
  /** A longer pause than this ends what belongs together: the next move has no previous one. */
  readonly horizonMs: number
  /** Crossings of the alert threshold that lie no further apart than this are one incident. */
  readonly incidentGapMs: number
}

/** The rule of one artefact. Pure: the same input gives the same answer. */
export interface TimeAwareRule {
  readonly id: string
  readonly history: ModelHistory
  readonly thresholds: {
    /** A move with at least this score is suspicious. */
    readonly suspicious: number
    /** A player with at least this score is reported. */
    readonly alert: number
  }
  /**
   * Rates one move by itself.
   * @param displacement map units since the previous move; null on a first move
   * @param elapsedMs ms since the previous move, at least 0; null on a first move
   */
  rate(displacement: number | null, elapsedMs: number | null, inputkey: string): MoveRating
  /** 0 = ordinary, 1 = certainly not a hand. */
  score(features: MoveFeatures): number
  /** The features that raised the score, largest first; they add up to the score before clipping at 1. */
  contributions(features: MoveFeatures): readonly Contribution[]
}
