import { type LolAlert, lol } from '@millrace/domains/lol/contract'
import type { KeyedContext } from '@millrace/stream'
import type { VerdictTally } from '../metrics.ts'
import type { Model, MoveFeatures } from '../models/model.ts'
import { collectEvidence } from './collect-evidence.ts'
import type { Move } from './read-move.ts'
import type { PlayerTrack } from './track-player.ts'
import { writeScore } from './write-score.ts'

export interface ScoreMoveOptions {
  readonly model: Model
  /** False publishes alerts only. */
  readonly publishScores: boolean
  readonly tally?: VerdictTally
}

type Scorer = (track: PlayerTrack, move: Move, context: KeyedContext) => undefined

/** Makes the step that scores a move, publishes the score, and an alert where the player begins an incident. */
export function createMoveScorer({ model, publishScores, tally }: ScoreMoveOptions): Scorer {
  const { id: modelId, thresholds, history } = model

  function publish(move: Move, score: number, features: MoveFeatures, warmUp: boolean, context: KeyedContext): void {
    if (context.isRebuilding) return
    const verdict = !warmUp && score >= thresholds.suspicious ? 'suspicious' : 'normal'
    if (tally) tally[warmUp ? 'warmUp' : verdict]++
    if (!publishScores) return
    const contributions = model.contributions(features)
    context.emitBytes(
      lol.topics.scores,
      writeScore(move, { score, contributions, verdict, warmUp, late: context.late, modelId }),
    )
  }

  /** A move without a place in the player's track is judged by itself, and that is too little to go by. */
  function scoreAlone(move: Move, context: KeyedContext): void {
    const rating = model.rate(null, null, move.inputkey)
    const features = { rating, recentMoves: 1, recentExcess: rating.excess, recentRarity: rating.rarity }
    publish(move, model.score(features), features, true, context)
  }

  return (track, move, context) => {
    if (context.disposition !== 'on-time') {
      scoreAlone(move, context)
      return
    }
    const { index, rated, features } = track.add(move, context.record.offset)
    const score = model.score(features)
    const warmUp = features.recentMoves < history.minMoves
    rated.score = score
    rated.isCrossing = !warmUp && score >= thresholds.alert
    publish(move, score, features, warmUp, context)
    if (!rated.isCrossing || context.isRebuilding || track.isInIncident(index)) return
    const { eventId, timeMs, account, roomID } = move
    const alert: LolAlert = {
      eventId: `${eventId}:alert`,
      sourceEventId: eventId,
      datetime: new Date(timeMs).toISOString(),
      account,
      ...(roomID !== undefined && { roomID }),
      score,
      evidence: collectEvidence(track.windowAt(index)),
      modelId,
    }
    context.emit(lol.topics.alerts, alert)
  }
}
