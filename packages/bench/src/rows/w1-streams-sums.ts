import { openKafkaStreams } from '../inputs/peer.ts'
import { javaPeerProblem } from '../inputs/peer-tools.ts'
import { sumsSides } from '../inputs/sums-rows.ts'
import { defineRow } from '../row.ts'

export const row = defineRow<string>({
  title: 'sums of five minutes by three groups, Kafka → Kafka, two processes ÷ Kafka Streams with two threads',
  goal: { bound: 'at least', must: 0.7, aim: 1.3 },
  unavailable: javaPeerProblem,
  ...sumsSides(place => openKafkaStreams(place, { work: 'sums' })),
})
