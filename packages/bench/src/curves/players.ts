import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { defineCurve } from '../curve.ts'
import { costOfProcessor } from '../inputs/processor-cost.ts'
import { SyntheticMoves } from '../inputs/synthetic-moves.ts'

export const curve = defineCurve({
  title: 'Scorer, by players whose state is in memory',
  of: 'players',
  points: [1_000, 10_000, 100_000, 1_000_000],
  unit: 'µs per event',
  needs: [],
  open: ({ setting: players }) =>
    costOfProcessor(
      createAnomalyScorerTopology({ publishScores: false, maxPlayers: 2_000_000 }),
      new SyntheticMoves(players),
      {
        known: players,
        eventsPerRound: 100_000,
      },
    ),
})
