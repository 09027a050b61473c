import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { SyntheticMoves } from '../inputs/synthetic-moves.ts'
import { defineRow, type Side } from '../row.ts'

const BATCH = 1_000
const EVENTS = 200_000

/** The scorer of one partition without a log, that knows so many players. */
async function scorer(players: number): Promise<Side> {
  const processor = createAnomalyScorerTopology({ publishScores: false, maxPlayers: 2_000_000 }).createProcessor(
    'lol.raw',
    0,
  )
  const moves = new SyntheticMoves(players)
  await processor.open({ topic: 'lol.raw', partition: 0, epoch: 1, committed: null, earliest: 0, end: 0 })
  for (let known = 0; known < Math.max(players, EVENTS); known += BATCH) await processor.process(moves.take(BATCH))
  return {
    async round() {
      let tookMs = 0
      for (let done = 0; done < EVENTS; done += BATCH) {
        const batch = moves.take(BATCH)
        const startMs = performance.now()
        await processor.process(batch)
        tookMs += performance.now() - startMs
      }
      return EVENTS / (tookMs / 1_000)
    },
  }
}

export const row = defineRow({
  title: 'scorer with 1 M players in memory ÷ with 1,000',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.75, aim: 0.85 },
  needs: [],
  ours: () => scorer(1_000_000),
  other: () => scorer(1_000),
})
