import { createAnomalyScorerTopology, isBuiltInModel, loadBuiltInModel, type Model } from '@millrace/anomaly-scorer'
import { lol } from '@millrace/domains/lol/contract'
import type { PlayerMatch } from './find-match.ts'

/** An action with what the model said of it. */
export interface JudgedAction {
  readonly timeMs: number
  readonly x: number
  readonly y: number
  readonly score: number
  readonly isSuspicious: boolean
  /** The statistic of each kind of cheating after the action; empty where the model has none. */
  readonly statistics: Readonly<Record<string, number>>
}

/** The model that reported the player, where it comes with the scorer; else the default one. */
function modelOf({ alerts }: PlayerMatch): Model {
  const [name] = alerts.map(({ modelId }) => modelId)
  return loadBuiltInModel(name !== undefined && isBuiltInModel(name) ? name : undefined)
}

/** Lets the scorer judge a match again: the same actions give the same scores. */
export async function judgeMatch(
  match: PlayerMatch,
): Promise<{ readonly model: string; readonly actions: readonly JudgedAction[] }> {
  const model = modelOf(match)
  const actions: JudgedAction[] = []
  const topology = createAnomalyScorerTopology({
    model,
    publishScores: false,
    onJudgement({ timeMs, x, y }, { score, verdict, detail }) {
      const isSuspicious = verdict === 'suspicious'
      actions.push({ timeMs, x, y, score, isSuspicious, statistics: detail?.statistics ?? {} })
    },
  })
  const processor = topology.createProcessor(lol.topics.raw, 0)
  const records = match.records.map((record, offset) => ({ ...record, partition: 0, offset }))
  const end = records.length
  await processor.open({ topic: lol.topics.raw.name, partition: 0, epoch: 1, committed: null, earliest: 0, end })
  await processor.process(records)
  return { model: model.id, actions }
}
