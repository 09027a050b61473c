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

/** Openings of two sides whose figures go on from one opening to the next. */
const openings = (ours: readonly number[], other: readonly number[]) => {
  const calls: string[] = []
  const [byOurs, byOther] = [counting('ours', calls, ours), counting('other', calls, other)]
  return {
    calls,
    open: async () => {
      calls.push('open')
      return {
        ours: byOurs,
        other: byOther,
        close: async () => {
          calls.push('close')
        },
      }
    },
  }
}

describe('compare', () => {
  it('leaves the first rounds of each opening out, and takes turns in who begins', async () => {
    const { open, calls } = openings([1, 20, 20, 20, 1, 20], [1_000, 10, 10, 10, 1_000, 10])
    const seen: number[] = []
    const { pairs, ratio } = await compare({
      open,
      warmUpRounds: 1,
      pairs: 3,
      goes: { least: 2, most: 9 },
      onPair: (_pair, number) => seen.push(number),
    })
    expect(calls.join(' ')).toBe(
      'open ours other ours other other ours ours other close open ours other other ours ours other other ours close',
    )
    expect(pairs).toEqual(Array(6).fill({ ours: 20, other: 10 }))
    expect(ratio).toBe(2)
    expect(seen).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('warms both sides up for as long as asked', async () => {
    const { open, calls } = openings([1], [1])
    await compare({ open, warmUpRounds: 3, pairs: 1, goes: { least: 1, most: 1 } })
    expect(calls.join(' ')).toBe('open ours ours ours other other other ours other close')
  })

  it('goes on while the spread is wide, and no further than it may', async () => {
    const goes = { least: 1, most: 9 }
    const settling = await compare({
      ...openings([0, 1, 4, 2, ...Array(20).fill(2)], [1]),
      warmUpRounds: 1,
      pairs: 3,
      goes,
    })
    expect(settling.pairs.length).toBe(6)
    expect(settling.spread).toBe(0)
    const powers = Array.from({ length: 30 }, (_, round) => 2 ** round)
    const restless = await compare({ ...openings(powers, [1]), warmUpRounds: 1, pairs: 2, goes: { ...goes, most: 3 } })
    expect(restless.pairs.length).toBe(6)
    expect(restless.spread).toBeGreaterThan(0.2)
  })

  it('closes both sides when one breaks', async () => {
    const { open, calls } = openings([], [1])
    const breaking = async () => ({ ...(await open()), ours: () => Promise.reject(new Error('it broke')) })
    const comparing = compare({ open: breaking, warmUpRounds: 1, pairs: 1, goes: { least: 1, most: 1 } })
    await expect(comparing).rejects.toThrow('it broke')
    expect(calls).toEqual(['open', 'close'])
  })
})
