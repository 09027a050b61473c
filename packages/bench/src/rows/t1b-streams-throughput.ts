import { openStreamsCurator } from '../inputs/curating-peers.ts'
import { throughputSides } from '../inputs/curating-rows.ts'
import { javaPeerProblem } from '../inputs/peer-tools.ts'
import { defineRow } from '../row.ts'

export const row = defineRow<string>({
  title: 'Kafka → curated per player → Kafka, two processes ÷ Kafka Streams with two threads and a store in memory',
  goal: { bound: 'at least', must: 0.7, aim: 1.2 },
  unavailable: javaPeerProblem,
  ...throughputSides(place => openStreamsCurator(place)),
})
