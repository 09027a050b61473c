import type { LolAlert } from '@millrace/domains/lol/contract'
import type { Move } from '../steps/read-move.ts'

/** What a feature adds to a score, or to the log likelihood ratio of a score; the model says which. */
export interface Contribution {
  readonly feature: string
  /** Value of the feature, in natural units. */
  readonly value: number
  readonly contribution: number
}

/** The beginning of an incident: what an alert says. */
export interface Incident extends Pick<LolAlert, 'score' | 'kind' | 'reason' | 'evidence'> {}

/** What stands behind a judgement. */
export interface JudgementDetail {
  /** `known`, or why the approach of the move says nothing. */
  readonly approach: string
  /** The statistic of each kind of cheating after the move; the player is reported when one reaches its threshold. */
  readonly statistics: Readonly<Record<string, number>>
}

/** What a model says about one move. */
export interface Judgement {
  /** 0 = ordinary, 1 = certainly not a hand. */
  readonly score: number
  readonly verdict: 'normal' | 'suspicious'
  /** Too little is known of the player for a verdict. */
  readonly warmUp: boolean
  /** The kind of cheating that the score speaks for, null for none; left out by a model that knows no kinds. */
  readonly kind?: string | null
  /** What the model knows of the player beside the score, for people who look into it. */
  readonly detail?: JudgementDetail
  /** What made the score, largest first. */
  contributions(): readonly Contribution[]
  /** Where the player's incident begins with this move. */
  incident(): Incident | null
}

/** The recent moves of one player, as far as a model remembers them: a function of the moves that `dependsFrom` says. */
export interface PlayerTrack {
  /** Offset from which replaying gives this track again. */
  readonly dependsFrom: number
  /**
   * Works one move into the track and judges it. The answer is valid until the next call.
   * @param offset offset of the move's record; it grows from call to call
   */
  judge(move: Move, offset: number): Judgement
}

/** How the values of one feature are spread over its bins. */
export interface FeatureCounts {
  readonly feature: string
  /** How often a value was in each bin since the start. */
  readonly counts: ArrayLike<number>
  /** Share of honest people's values in each bin. */
  readonly reference: readonly number[]
}

/** Judges moves. Knows nothing of champions, account names or labels. Pure: the same moves give the same answers. */
export interface Model {
  readonly id: string
  /** A move with at least this score is suspicious. */
  readonly suspiciousFrom: number
  /** What was seen of each feature, for a model that knows what is usual. */
  readonly features: readonly FeatureCounts[]
  /** Moves of a player that are further apart than this have nothing to do with each other, ms of event time. */
  reachMs(allowedLatenessMs: number): number
  createTrack(allowedLatenessMs: number): PlayerTrack
  /** Judges a move that has no place in its player's track. */
  judgeAlone(move: Move): Judgement
}
