import { describe, expect, it } from 'vitest'
import { Drift } from './drift.ts'

/** Drifts that an action every `everyMs` tells of in six minutes, by what the game shows at a time. */
function driftsOf(everyMs: number, gameMsAt: (ms: number) => number): number[] {
  const drift = new Drift()
  const told: number[] = []
  for (let ms = 0; ms <= 360_000; ms += everyMs) {
    const found = drift.add(ms, Math.floor(gameMsAt(ms) / 1000) * 1000)
    if (found !== null) told.push(found)
  }
  return told
}

describe('the drift of the clocks', () => {
  it.each([
    [1.15, 500],
    [1.5, 500],
    [2, 500],
    [2, 8_000],
    [3, 8_000],
  ])('is found where the game runs %d times as fast, with an action every %d ms', (factor, everyMs) => {
    const told = driftsOf(everyMs, ms => ms * factor)
    expect(Math.max(...told)).toBeGreaterThan(0.8 * (factor - 1))
  })

  it.each([
    ['a clock that is set ahead', (ms: number) => (ms < 100_000 ? ms : ms + 900_000)],
    ['a clock that is set back', (ms: number) => (ms < 200_000 ? ms : ms - 150_000)],
    ['a match that is paused for a minute', (ms: number) => ms - Math.min(60_000, Math.max(0, ms - 100_000))],
    ['the clock of a match', (ms: number) => ms],
  ])('is none of %s', (_, gameMsAt) => {
    for (const everyMs of [500, 8_000]) expect(Math.max(0, ...driftsOf(everyMs, gameMsAt))).toBeLessThan(0.05)
  })

  it('ends with the first minute that runs right', () => {
    const drift = new Drift()
    const latest: number[] = []
    for (let ms = 0; ms <= 480_000; ms += 1000) {
      drift.add(ms, ms + Math.min(ms, 240_000) / 2)
      latest.push(drift.latest)
    }
    expect(latest[239]).toBeGreaterThan(0.4)
    expect(latest[360]).toBe(0)
  })
})
