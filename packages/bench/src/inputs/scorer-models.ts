import { createAnomalyScorerTopology, loadBuiltInModel } from '@millrace/anomaly-scorer'
import type { Side } from '../row.ts'
import { costOfProcessor } from './processor-cost.ts'
import { SyntheticMoves } from './synthetic-moves.ts'

const PLAYERS = 1_000

/** The scorer of one partition with a model, without a log: events a second. */
export async function scorerOf(model: string, moves: { readonly pathSamples?: number } = {}): Promise<Side> {
  const topology = createAnomalyScorerTopology({ model: loadBuiltInModel(model), publishScores: false })
  const input = new SyntheticMoves(PLAYERS, moves)
  const side = await costOfProcessor(topology, input, { known: PLAYERS, eventsPerRound: 200_000 })
  return { round: async () => 1e6 / (await side.round()) }
}
