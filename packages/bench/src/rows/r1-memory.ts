import { PLAYERS, scoreElsewhere } from '../inputs/scoring-process.ts'
import { defineRow, type Side } from '../row.ts'

/** By then nothing that is remembered is as old as the first event: 100 moves of a player are 15 minutes. */
const EVENTS = PLAYERS * 100

/**
 * The heap that V8 takes in the pod of a scorer, whose limit is 512 MiB. With the gigabytes of a whole machine V8 chooses by itself, from one
 * process to the next, to collect the same 80 MiB of live objects at 190 MiB or at 370 MiB.
 */
const POD_HEAP = '--max-heap-size=268'

const memoryAfter = (events: number): Side => ({
  round: async () => (await (await scoreElsewhere(events, 0, [POD_HEAP])).begin()).rssBytes / 2 ** 20,
})

export const row = defineRow({
  title: 'memory (RSS) of the scorer after ten times the work ÷ after one time, 5,000 players, in the heap of its pod',
  unit: 'MiB',
  goal: { bound: 'at most', must: 1.2, aim: 1.05 },
  needs: [],
  ours: async () => memoryAfter(10 * EVENTS),
  other: async () => memoryAfter(EVENTS),
})
