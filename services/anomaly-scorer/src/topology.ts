import { makerOf } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import type { Logger } from '@millrace/runtime'
import { createKeyedProcessor, type KeyedMetrics, type Topology } from '@millrace/stream'
import type { VerdictTally } from './metrics.ts'
import { loadBuiltInModel } from './models/load-model.ts'
import type { Judgement, Model } from './models/model.ts'
import { type Move, readMove } from './steps/read-move.ts'
import { createMoveScorer } from './steps/score-move.ts'

export interface AnomalyScorerOptions {
  /** The one that comes with the service unless given. */
  readonly model?: Model
  /** How much older than the newest of its player a move may be and still be judged by the moves around it. */
  readonly allowedLatenessMs?: number
  /** False publishes alerts only. */
  readonly publishScores?: boolean
  /** Players beyond this many per partition are scored without knowledge of their moves. */
  readonly maxPlayers?: number
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
  /** Counts verdicts. */
  readonly tally?: VerdictTally
  /** Is told of every move that is judged, in the order of the log. */
  readonly onJudgement?: (move: Move, judgement: Judgement) => void
}

export const ALLOWED_LATENESS_MS = 120_000

/** lol.raw → lol.scores, one for every move, and lol.alerts, one per player and incident. */
export function createAnomalyScorerTopology(options: AnomalyScorerOptions = {}): Topology {
  const { model = loadBuiltInModel(), allowedLatenessMs = ALLOWED_LATENESS_MS, publishScores = true } = options
  const { maxPlayers, logger, metrics, tally, onJudgement } = options
  return {
    name: makerOf(lol.topics.scores),
    topics: [lol.topics.raw],
    outputs: [lol.topics.scores, lol.topics.alerts],
    createProcessor: () =>
      createKeyedProcessor({
        service: 'anomaly-scorer',
        ...(logger && { logger }),
        ...(metrics && { metrics }),
        ...(maxPlayers && { maxKeys: maxPlayers }),
        allowedLatenessMs,
        horizonMs: model.reachMs(allowedLatenessMs),
        decode: readMove,
        keyOf: move => move.account,
        idOf: move => move.eventId,
        eventTimeOf: move => move.timeMs,
        newState: () => model.createTrack(allowedLatenessMs),
        dependsFrom: track => track.dependsFrom,
        onRecord: createMoveScorer({
          model,
          publishScores,
          ...(tally && { tally }),
          ...(onJudgement && { onJudgement }),
        }),
      }),
  }
}
