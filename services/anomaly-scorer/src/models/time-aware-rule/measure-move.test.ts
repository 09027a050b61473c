import { describe, expect, it } from 'vitest'
import { displacementSince, elapsedSince } from './measure-move.ts'

const at = (timeMs: number, gameMs: number | null) => ({ x: 0, y: 0, timeMs, gameMs })

describe('elapsedSince', () => {
  it.each([
    ['both clocks agree, the game in whole seconds', at(0, 0), at(2900, 2000), 2900],
    ['the game left less time than the event times say', at(0, 0), at(9000, 2000), 3000],
    ['the event times leave less than the game says', at(0, 0), at(500, 9000), 500],
    ['the game time runs backwards', at(0, 9000), at(700, 0), 700],
    ['a game time is missing', at(0, null), at(9000, 2000), 9000],
    ['both happen at once', at(5, 0), at(5, 0), 0],
  ])('is right where %s', (_, previous, move, elapsedMs) => expect(elapsedSince(previous, move)).toBe(elapsedMs))
})

describe('displacementSince', () => {
  it('is the distance', () =>
    expect(displacementSince({ ...at(0, 0), x: 1, y: 1 }, { ...at(1, 1), x: 4, y: 5 })).toBe(5))
  it('stays finite', () =>
    expect(displacementSince({ ...at(0, 0), x: -1e308 }, { ...at(1, 1), x: 1e308 })).toBe(Number.MAX_VALUE))
})
