import { createLolSimulation, parseGeneratorOptions } from '@millrace/lol-generator'
import { simulateMoves } from '../inputs/lol-records.ts'
import { defineRow } from '../row.ts'

const EVENTS = 300_000
const PLAYERS = '1000'

/** Fills a buffer with events, a line each, over and over. */
function fill(next: () => string): number {
  const buffer = Buffer.allocUnsafe(1 << 20)
  const startMs = performance.now()
  let at = 0
  for (let i = 0; i < EVENTS; i++) {
    if (at > buffer.length - 2_048) at = 0
    at += buffer.write(next(), at, 'latin1')
    buffer[at++] = 10
  }
  return EVENTS / ((performance.now() - startMs) / 1_000)
}

export const row = defineRow({
  title: 'generator into buffers ÷ JSON.stringify of one constant event',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.5, aim: 1 },
  needs: [],
  async ours() {
    const parsed = parseGeneratorOptions({ players: PLAYERS, duration: 'forever' })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    const { stream } = createLolSimulation(parsed.options, 0)
    return { round: async () => fill(() => stream.next().value) }
  },
  async other() {
    const event = JSON.parse(simulateMoves(1, 10)[0]!.value)
    return { round: async () => fill(() => JSON.stringify(event)) }
  },
})
