import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BudgetShare, createByteBudget } from './byte-budget.ts'

const LIMIT = 1_000

const settle = (...shares: readonly BudgetShare[]): boolean[] => {
  for (const share of shares) share.settle()
  return shares.map(({ isPaused }) => isPaused)
}

describe('a byte budget', () => {
  it('gives all of it to the only busy partition, however many others there are', () => {
    const budget = createByteBudget(LIMIT)
    const busy = budget.open()
    const quiet = Array.from({ length: 125 }, () => budget.open())
    busy.hold(LIMIT - 1)
    expect(settle(busy, ...quiet)).not.toContain(true)
    busy.hold(LIMIT)
    expect(settle(busy, ...quiet)).toEqual([true, ...quiet.map(() => false)])
    // It reads on when half of what it may have is free, not after each record.
    busy.hold(LIMIT / 2 + 1)
    expect(settle(busy)).toEqual([true])
    busy.hold(LIMIT / 2)
    expect(settle(busy)).toEqual([false])
  })

  it('gives room to the partition with less, until both hold their fair share', () => {
    const budget = createByteBudget(LIMIT)
    const [much, little] = [budget.open(), budget.open()]
    much.hold(LIMIT - 100)
    little.hold(100)
    expect(settle(much, little)).toEqual([true, true])
    much.hold(LIMIT - 200)
    expect(settle(much, little)).toEqual([true, false])
    much.hold(LIMIT / 4)
    expect(settle(much, little)).toEqual([false, false])
  })

  it('counts only the partitions that hold something, and gives back what a closed share held', () => {
    const budget = createByteBudget(LIMIT)
    const [first, second] = [budget.open(), budget.open()]
    first.hold(600)
    second.hold(400)
    expect(settle(first, second)).toEqual([true, true])
    second.close()
    second.hold(400)
    first.hold(500)
    expect(budget.heldBytes).toBe(500)
    expect(settle(first)).toEqual([false])
  })

  it('is exceeded by less than one batch per partition, and stops nobody who holds nothing', () => {
    const deed = fc.record({
      who: fc.nat(7),
      bytes: fc.integer({ min: 1, max: 400 }),
      what: fc.constantFrom('take', 'finish'),
    })
    let mostHeld = 0
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 200 }), deeds => {
        const budget = createByteBudget(LIMIT)
        const partitions = Array.from({ length: 8 }, () => ({ share: budget.open(), heldBytes: 0 }))
        for (const { who, bytes, what } of deeds) {
          const partition = partitions[who]!
          if (what === 'finish') partition.heldBytes -= Math.min(bytes, partition.heldBytes)
          else if (!partition.share.isPaused) partition.heldBytes += bytes
          partition.share.hold(partition.heldBytes)
          for (const { share } of partitions) share.settle()
          const held = partitions.reduce((sum, { heldBytes }) => sum + heldBytes, 0)
          mostHeld = Math.max(mostHeld, held)
          expect(budget.heldBytes).toBe(held)
          expect(held).toBeLessThan(LIMIT + 8 * 400)
          for (const { share, heldBytes } of partitions) {
            if (heldBytes === 0) expect(share.isPaused).toBe(false)
            if (held >= LIMIT && heldBytes > 0) expect(share.isPaused).toBe(true)
          }
        }
      }),
    )
    expect(mostHeld).toBeGreaterThan(LIMIT)
  })
})
