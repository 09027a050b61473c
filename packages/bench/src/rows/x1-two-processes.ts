import { scoreElsewhere } from '../inputs/scoring-process.ts'
import { defineRow, type Side } from '../row.ts'

const EVENTS = 300_000
const WARM_UP = 200_000

/** Scorers side by side, each with a partition of its own, as replicas have them. */
const scorers = (count: number): Side => ({
  async round() {
    const ready = await Promise.all(Array.from({ length: count }, () => scoreElsewhere(EVENTS, WARM_UP)))
    const scored = await Promise.all(ready.map(one => one.begin()))
    return scored.reduce((sum, { eventsPerSecond }) => sum + eventsPerSecond, 0)
  },
})

export const row = defineRow({
  title: 'two scorer processes ÷ one, without a log',
  unit: 'events/s',
  goal: { bound: 'at least', must: 1.7, aim: 1.9 },
  needs: [],
  ours: async () => scorers(2),
  other: async () => scorers(1),
})
