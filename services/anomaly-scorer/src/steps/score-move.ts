import { type LolAlert, lol } from '@millrace/domains/lol/contract'
import type { KeyedContext } from '@millrace/stream'
import type { VerdictTally } from '../metrics.ts'
import type { Judgement, Model, PlayerTrack } from '../models/model.ts'
import type { Move } from './read-move.ts'
import { writeScore } from './write-score.ts'

export interface ScoreMoveOptions {
  readonly model: Model
  /** False publishes alerts only. */
  readonly publishScores: boolean
  readonly tally?: VerdictTally
  /** Is told of every move that is judged, in the order of the log. */
  readonly onJudgement?: (move: Move, judgement: Judgement) => void
}

type Scorer = (track: PlayerTrack, move: Move, context: KeyedContext) => undefined

/** Makes the step that scores a move, publishes the score, and an alert where the player begins an incident. */
export function createMoveScorer({ model, publishScores, tally, onJudgement }: ScoreMoveOptions): Scorer {
  const { id: modelId } = model
  return (track, move, context) => {
    const judgement =
      context.disposition === 'on-time' ? track.judge(move, context.record.offset) : model.judgeAlone(move)
    if (context.isRebuilding) return
    onJudgement?.(move, judgement)
    const { score, verdict, warmUp, kind } = judgement
    if (tally) tally[warmUp ? 'warmUp' : verdict]++
    if (publishScores) {
      const contributions = judgement.contributions()
      context.emitBytes(
        lol.topics.scores,
        writeScore(move, { score, kind, contributions, verdict, warmUp, late: context.late, modelId }),
      )
    }
    const incident = judgement.incident()
    if (incident === null) return
    const { eventId, timeMs, account, roomID } = move
    const alert: LolAlert = {
      eventId: `${eventId}:alert`,
      sourceEventId: eventId,
      datetime: new Date(timeMs).toISOString(),
      account,
      ...(roomID !== undefined && { roomID }),
      ...incident,
      modelId,
    }
    context.emit(lol.topics.alerts, alert)
  }
}
