import { describe, expect, it } from 'vitest'
import { compare, quantile, summarise } from '../src/compare.ts'

const counting = (name: string, calls: string[], figures: readonly number[]) => {
  let round = 0
  return async () => {
    calls.push(name)
    return figures[Math.min(round++, figures.length - 1)]!
  }
}

describe('quantile', () => {
  it('lies between neighbours in proportion, whatever the order', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([5, 1, 4, 2, 3], 0.25)).toBe(2)
    expect(quantile([7], 0.99)).toBe(7)
    expect(quantile([0, 10], 0.9)).toBeCloseTo(9)
  })
})

describe('summarise', () => {
  it('takes the median of ratios, not the ratio of medians', () => {
    const pairs = [
      { ours: 1, other: 10 },
      { ours: 20, other: 10 },
      { ours: 300, other: 100 },
    ]
    expect(summarise(pairs)).toMatchObject({ ratio: 2, ours: 20, other: 10 })
  })
})

describe('compare', () => {
  it('leaves the first round of each out, and takes turns in who begins', async () => {
    const calls: string[] = []
    const seen: number[] = []
    const { pairs, ratio } = await compare({
      ours: counting('ours', calls, [1, 20, 20]),
      other: counting('other', calls, [1_000, 10, 10]),
      pairs: 3,
      maxGoes: 3,
      onPair: (_pair, number) => seen.push(number),
    })
    expect(calls.join(' ')).toBe('ours other ours other other ours ours other')
    expect(pairs).toEqual([
      { ours: 20, other: 10 },
      { ours: 20, other: 10 },
      { ours: 20, other: 10 },
    ])
    expect(ratio).toBe(2)
    expect(seen).toEqual([1, 2, 3])
  })

  it('goes on while the spread is wide, and no further than it may', async () => {
    const settling = await compare({
      ours: counting('ours', [], [0, 1, 4, 2, ...Array(20).fill(2)]),
      other: counting('other', [], [1]),
      pairs: 3,
      maxGoes: 9,
    })
    expect(settling.pairs.length).toBe(6)
    expect(settling.spread).toBe(0)
    let round = 0
    const restless = await compare({ ours: async () => 2 ** round++, other: async () => 1, pairs: 2, maxGoes: 3 })
    expect(restless.pairs.length).toBe(6)
    expect(restless.spread).toBeGreaterThan(0.2)
  })
})
