import { openStreamsCurator } from '../inputs/curating-peers.ts'
import { latencySides } from '../inputs/curating-rows.ts'
import { javaPeerProblem } from '../inputs/peer-tools.ts'
import { defineRow } from '../row.ts'

const LINGER_MS = 5

export const row = defineRow({
  title: 'p99 from the log to the curated event, 2,000 events/s ÷ Kafka Streams with a linger of 5 ms',
  goal: { bound: 'at most', must: 1.5, aim: 0.8 },
  unavailable: javaPeerProblem,
  ...latencySides(place => openStreamsCurator(place, LINGER_MS)),
})
