import { gatewaySides } from '../inputs/gateway-rows.ts'
import { javaPeerProblem } from '../inputs/peer-tools.ts'
import { defineRow } from '../row.ts'

export const row = defineRow({
  title: 'gateway, a process per core, NDJSON of 1,000 events a request ÷ Vert.x 5 with the Java producer',
  goal: { bound: 'at least', must: 0.6, aim: 1 },
  unavailable: javaPeerProblem,
  ...gatewaySides({ eventsEach: 1_000, requests: 50, perRound: 400, connections: 8 }),
})
