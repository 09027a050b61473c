import { type Actor, Random, type SimulatedRecord } from '../src/index.ts'

export const START_MS = Date.UTC(2024, 2, 24, 11)

/** An actor that sends `count` records, from 0 to `mostMs` apart, and a truth record after every fiftieth. */
export function createTicker(id: number, count: number, mostMs = 4000): Actor {
  const random = new Random('ticker', id)
  let sequence = 0
  let left = count
  let owesTruth = false
  const actor = {
    id,
    nextMs: count > 0 ? START_MS + random.int(0, mostMs) : Number.POSITIVE_INFINITY,
    next(): SimulatedRecord {
      const atMs = actor.nextMs
      const eventId = random.uuid()
      const topic = owesTruth ? 'lol.truth' : 'lol.raw'
      const datetime = new Date(atMs).toISOString()
      if (!owesTruth) left--
      owesTruth = !owesTruth && (count - left) % 50 === 0
      if (!owesTruth) actor.nextMs = left > 0 ? atMs + random.int(0, mostMs) : Number.POSITIVE_INFINITY
      const value = JSON.stringify({ eventId, datetime, account: `player_${id}`, x: random.int(-9, 9), y: 1 })
      return { topic, key: `player_${id}`, eventId, value, atMs, actor: id, sequence: sequence++, fault: null }
    },
  }
  return actor
}

/** Everything a stream or an actor has. */
export function drain(source: { readonly nextMs: number; next(): SimulatedRecord }): SimulatedRecord[] {
  const records: SimulatedRecord[] = []
  while (source.nextMs !== Number.POSITIVE_INFINITY) records.push(source.next())
  return records
}
