import type { Move } from '../../steps/read-move.ts'
import type { Contribution, Incident, Judgement, Model, PlayerTrack } from '../model.ts'
import { collectEvidence } from './collect-evidence.ts'
import type { MoveFeatures, TimeAwareRule } from './features.ts'
import { RatedMoves, reachOf } from './rated-moves.ts'
import { createTimeAwareRule, type TimeAwareRuleArtefact } from './rule.ts'

class RuleJudgement implements Judgement {
  readonly #rule: TimeAwareRule
  readonly #features: MoveFeatures
  readonly score: number
  readonly warmUp: boolean
  readonly verdict: 'normal' | 'suspicious'

  constructor(rule: TimeAwareRule, features: MoveFeatures, isAlone: boolean) {
    const { thresholds, history } = rule
    this.#rule = rule
    this.#features = features
    this.score = rule.score(features)
    this.warmUp = isAlone || features.recentMoves < history.minMoves
    this.verdict = !this.warmUp && this.score >= thresholds.suspicious ? 'suspicious' : 'normal'
  }

  contributions(): readonly Contribution[] {
    return this.#rule.contributions(this.#features)
  }

  incident(): Incident | null {
    return null
  }
}

class CrossingJudgement extends RuleJudgement {
  readonly #moves: RatedMoves
  readonly #index: number

  constructor(rule: TimeAwareRule, features: MoveFeatures, at: { moves: RatedMoves; index: number }) {
    super(rule, features, false)
    this.#moves = at.moves
    this.#index = at.index
  }

  override incident(): Incident | null {
    if (this.#moves.isInIncident(this.#index)) return null
    return { score: this.score, evidence: collectEvidence(this.#moves.windowAt(this.#index)) }
  }
}

class RuleTrack implements PlayerTrack {
  readonly #rule: TimeAwareRule
  readonly #moves: RatedMoves

  constructor(rule: TimeAwareRule, allowedLatenessMs: number) {
    this.#rule = rule
    this.#moves = new RatedMoves(rule, allowedLatenessMs)
  }

  get dependsFrom(): number {
    return this.#moves.dependsFrom
  }

  judge(move: Move, offset: number): Judgement {
    const { index, rated, features } = this.#moves.add(move, offset)
    const judgement = new RuleJudgement(this.#rule, features, false)
    rated.score = judgement.score
    rated.isCrossing = !judgement.warmUp && judgement.score >= this.#rule.thresholds.alert
    return rated.isCrossing ? new CrossingJudgement(this.#rule, features, { moves: this.#moves, index }) : judgement
  }
}

/** The time-aware rule as a model: scores windows of moves, and reports a player whose score crosses the alert threshold. */
export function createTimeAwareRuleModel(artefact: TimeAwareRuleArtefact): Model {
  const rule = createTimeAwareRule(artefact)
  return {
    id: rule.id,
    features: [],
    suspiciousFrom: rule.thresholds.suspicious,
    reachMs: allowedLatenessMs => reachOf(rule.history, allowedLatenessMs).keepMs,
    createTrack: allowedLatenessMs => new RuleTrack(rule, allowedLatenessMs),
    judgeAlone(move) {
      const rating = rule.rate(null, null, move.inputkey)
      const features = { rating, recentMoves: 1, recentExcess: rating.excess, recentRarity: rating.rarity }
      return new RuleJudgement(rule, features, true)
    },
  }
}
