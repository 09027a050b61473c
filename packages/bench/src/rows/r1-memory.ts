import { PLAYERS, scoreElsewhere } from '../inputs/scoring-process.ts'
import { defineRow, type Side } from '../row.ts'

/** By then nothing that is remembered is as old as the first event: 100 moves of a player are 15 minutes. */
const EVENTS = PLAYERS * 100

const memoryAfter = (events: number): Side => ({
  round: async () => (await (await scoreElsewhere(events, 0)).begin()).rssBytes / 2 ** 20,
})

export const row = defineRow({
  title: 'memory (RSS) of the scorer after ten times the work ÷ after one time, 5,000 players',
  unit: 'MiB',
  goal: { bound: 'at most', must: 1.2, aim: 1.05 },
  needs: [],
  ours: async () => memoryAfter(10 * EVENTS),
  other: async () => memoryAfter(EVENTS),
})
