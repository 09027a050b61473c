import { simulation } from '@millrace/domains/lol/simulate'
import { fillBuffer } from '../inputs/fill-buffer.ts'
import { simulateMoves } from '../inputs/lol-records.ts'
import { defineRow } from '../row.ts'

const EVENTS = 300_000
/** As many as the generator has unless told otherwise. */
const PLAYERS = '100'

export const row = defineRow({
  title: 'generator into buffers ÷ JSON.stringify of one constant event',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.5, aim: 1 },
  needs: [],
  async ours() {
    const options = simulation.parse({ players: PLAYERS, duration: 'forever' })
    const { stream } = simulation.simulate(options, 0)
    return { round: async () => fillBuffer(EVENTS, () => stream.next().value) }
  },
  async other() {
    const event = JSON.parse(simulateMoves(1, 10)[0]!.value)
    return { round: async () => fillBuffer(EVENTS, () => JSON.stringify(event)) }
  },
})
