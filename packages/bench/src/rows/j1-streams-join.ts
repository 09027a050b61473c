import { type ListenTopics, listensSides } from '../inputs/listens-rows.ts'
import { javaPeerProblem } from '../inputs/peer-tools.ts'
import { defineRow } from '../row.ts'

export const row = defineRow<ListenTopics>({
  title:
    'listens joined with two reference topics, two processes ÷ Kafka Streams with two global tables and two threads',
  goal: { bound: 'at least', must: 0.7, aim: 1.3 },
  unavailable: javaPeerProblem,
  ...listensSides,
})
