import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { costOfProcessor } from '../inputs/processor-cost.ts'
import { SyntheticMoves } from '../inputs/synthetic-moves.ts'
import { defineRow, type Side } from '../row.ts'

/** The scorer of one partition without a log, that knows so many players. */
async function scorer(players: number): Promise<Side> {
  const topology = createAnomalyScorerTopology({ publishScores: false, maxPlayers: 2_000_000 })
  const side = await costOfProcessor(topology, new SyntheticMoves(players), { known: players, eventsPerRound: 200_000 })
  return { round: async () => 1e6 / (await side.round()) }
}

export const row = defineRow({
  title: 'scorer with 1 M players in memory ÷ with 1,000',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.75, aim: 0.85 },
  needs: [],
  ours: () => scorer(1_000_000),
  other: () => scorer(1_000),
})
