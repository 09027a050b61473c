import { assert, constantFrom, nat, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GAME_TIME, readGameTimeMs } from './game-time.ts'

describe('readGameTimeMs', () => {
  it('reads minutes and seconds', () =>
    assert(
      property(nat(9_999), nat(99), (minutes, seconds) => {
        expect(readGameTimeMs(`${minutes}:${seconds}`)).toBe((minutes * 60 + seconds) * 1_000)
      }),
    ))

  it('reads what the pattern of contracts takes, and nothing else', () =>
    assert(
      property(string({ unit: constantFrom('0', '7', '9', ':', '/', ' ', '-', 'x'), maxLength: 9 }), text => {
        expect(readGameTimeMs(text) !== null).toBe(GAME_TIME.test(text))
      }),
      { numRuns: 2_000 },
    ))
})
