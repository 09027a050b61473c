import { expect, it } from 'vitest'
import { HopProgress } from '../src/hop-progress.ts'
import { type HopCheck, Tally } from '../src/hops/hop.ts'

const RANGES = 1_200

it('counts every range that differs, also those beyond the ones that it keeps, until a later pass finds them right', () => {
  const progress = new HopProgress({} as HopCheck, 0)
  const pass = (missing: number): void => {
    for (let range = 0; range < RANGES; range++)
      progress.apply({ ...new Tally('shop.raw').result(range * 10, range * 10 + 10), missing })
    progress.endAudit(0)
  }
  pass(1)
  expect(progress.difference).toEqual({ missing: RANGES, duplicate: 0, unexpected: 0 })
  expect(progress.wrong).toHaveLength(1_000)
  pass(0)
  expect(progress.difference.missing).toBe(0)
})

it('replaces what it knows of the offsets that are compared again, wherever that begins', () => {
  const progress = new HopProgress({} as HopCheck, 0)
  const compare = (from: number, to: number, missing: number): number => {
    progress.apply({ ...new Tally('shop.raw').result(from, to), missing })
    return progress.difference.missing
  }
  expect(compare(0, 10, 3)).toBe(3)
  expect(compare(10, 20, 2)).toBe(5)
  // Retention has taken the first offsets meanwhile.
  expect(compare(4, 10, 1)).toBe(3)
  expect(compare(4, 10, 0)).toBe(2)
  expect(compare(10, 20, 0)).toBe(0)
})
