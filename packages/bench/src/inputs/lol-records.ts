import { simulation } from '@millrace/domains/lol/simulate'
import type { OutgoingRecord } from '@millrace/event-log'
import type { SimulatedRecord } from '@millrace/simulation'
import { sentNow } from './domain-records.ts'

/** 2024-03-24, when simulations begin unless told otherwise. */
const NOW_MS = 1_711_278_000_000

/** Moves that `players` players send to lol.raw, without end. */
export function movesOf(players: number, seed = 'bench') {
  const options = simulation.parse({ players: String(players), duration: 'forever', seed })
  const { stream } = simulation.simulate(options, NOW_MS)
  return {
    next(count: number): readonly SimulatedRecord[] {
      const moves: SimulatedRecord[] = []
      while (moves.length < count) {
        const record = stream.next()
        if (record.topic === 'lol.raw') moves.push(record)
      }
      return moves
    },
  }
}

/** The first `count` records of lol.raw that `players` players send. */
export const simulateMoves = (count: number, players: number): readonly SimulatedRecord[] =>
  movesOf(players).next(count)

/** The same as records for the log. */
export const lolRecords = (count: number, players: number): readonly OutgoingRecord[] =>
  sentNow(simulateMoves(count, players))
