import type { LolRaw } from '../contract.ts'
import { moveAt } from './raw-move.ts'

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What players do, as it comes over a bad line: out of order, too late, twice, and from rooms that change now and then. */
export function playersAtWork(options: { seed: number; players: number; durationMs: number }): LolRaw[] {
  const random = randomFrom(options.seed)
  const arrivals: { event: LolRaw; atMs: number }[] = []
  let n = 0
  for (let player = 0; player < options.players; player++) {
    let room = 0
    for (let ms = 0; ms < options.durationMs; ms += random() * 18_000) {
      if (random() < 0.01) room++
      if (random() < 0.01) {
        const pauseMs = random() * 900_000
        // What was on the line when it broke comes when the others are far ahead.
        for (const held of arrivals.slice(-2)) if (held.event.account === `player-${player}`) held.atMs += pauseMs
        ms += pauseMs
      }
      const event = moveAt(++n, ms / 1000, {
        account: `player-${player}`,
        roomID: `room-${player}-${room}`,
        method: random() < 0.15 ? '/wait' : random() < 0.05 ? '/getItem' : '/move',
        x: Math.round(random() * 800 - 400),
        y: Math.round(random() * 800 - 400),
      })
      const delayMs = random() < 0.1 ? random() * 60_000 : random() < 0.03 ? random() * 900_000 : 0
      arrivals.push({ event, atMs: ms + delayMs })
      if (random() < 0.03) arrivals.push({ event, atMs: ms + delayMs + random() * 120_000 })
    }
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs).map(({ event }) => event)
}
