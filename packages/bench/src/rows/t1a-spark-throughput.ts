import { openSparkCurator } from '../inputs/curating-peers.ts'
import { throughputSides } from '../inputs/curating-rows.ts'
import { sparkProblem } from '../inputs/peer-tools.ts'
import { defineRow } from '../row.ts'

export const row = defineRow<string>({
  title: 'Kafka → curated per player → Kafka, two processes ÷ Spark Structured Streaming in SQL, local[2]',
  goal: { bound: 'at least', must: 1.5, aim: 3 },
  unavailable: sparkProblem,
  ...throughputSides(place => openSparkCurator(place, 'micro-batch')),
})
