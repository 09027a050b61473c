import { gatewaySides } from '../inputs/gateway-rows.ts'
import { javaPeerProblem } from '../inputs/peer-tools.ts'
import { defineRow } from '../row.ts'

export const row = defineRow({
  title: 'gateway, a process per core, one event a request ÷ Vert.x 5 with the Java producer',
  goal: { bound: 'at least', must: 0.45, aim: 0.8 },
  unavailable: javaPeerProblem,
  ...gatewaySides({ eventsEach: 1, requests: 5_000, perRound: 40_000, connections: 128 }),
})
