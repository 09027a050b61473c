import { array, assert, constantFrom, double, integer, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeAwareRule, type TimeAwareRuleArtefact } from './rule.ts'

const artefact: TimeAwareRuleArtefact = {
  kind: 'time-aware-rule',
  id: 'test-1',
  measuredOn: 'nothing',
  reach: { unitsPerSecond: 400, units: 800, beyondDoubt: 1000 },
  keys: {
    log2Probability: { q: -3, d: -4, alt: -7 },
    unknownLog2Probability: -15,
    commonBits: 4,
    rareBits: 7,
    usualRarity: 0.05,
  },
  history: { windowMs: 180_000, minMoves: 10, horizonMs: 180_000, incidentGapMs: 300_000 },
  weights: { excess: 0.25, recentExcess: 1.5, rarity: 0.1, recentRarity: 0.2 },
  thresholds: { suspicious: 0.4, alert: 0.6 },
}
const rule = createTimeAwareRule(artefact)

describe('rate', () => {
  it.each([
    [799, 9000, 0, 'keyRarity', 3],
    [800, 2000, 0, 'keyRarity', 3],
    [1300, 9000, 500, 'displacement', 1300],
    [5000, 9000, 1000, 'displacement', 5000],
    [600, 1000, 200, 'speed', 600],
    [600, 500, 400, 'speed', 1200],
    [600, 0, 600, 'speed', 600_000],
  ])('rates %i units in %i ms', (displacement, elapsedMs, excess, feature, value) =>
    expect(rule.rate(displacement, elapsedMs, 'q')).toEqual({ excess, rarity: 0, feature, value }),
  )

  it('has nothing against a first move', () => expect(rule.rate(null, null, 'q').excess).toBe(0))

  it.each([
    ['q', 0, 3],
    ['d', 0, 4],
    ['alt', 1000, 7],
    ['never seen', 1000, 15],
    ['constructor', 1000, 15],
  ])('rates the key %s', (key, rarity, bits) =>
    expect(rule.rate(null, null, key)).toEqual({ excess: 0, rarity, feature: 'keyRarity', value: bits }),
  )

  it('finds the same distance in less time no less suspicious', () => {
    const time = integer({ min: 0, max: 20_000 })
    assert(
      property(double({ min: 0, max: 1e4, noNaN: true }), tuple(time, time), (displacement, times) => {
        const [less, more] = times.sort((a, b) => a - b)
        expect(rule.rate(displacement, less!, 'q').excess).toBeGreaterThanOrEqual(
          rule.rate(displacement, more!, 'q').excess,
        )
      }),
    )
  })
})

describe('score', () => {
  it('adds up what is unusual, largest first', () => {
    const features = {
      rating: rule.rate(1300, 9000, 'alt'),
      recentMoves: 20,
      recentExcess: 4000,
      recentRarity: 5000,
    }
    expect(rule.score(features)).toBe(0.565)
    expect(rule.contributions(features)).toEqual([
      { feature: 'recentExcess', value: 0.2, contribution: 0.3 },
      { feature: 'displacement', value: 1300, contribution: 0.125 },
      { feature: 'keyRarity', value: 1, contribution: 0.1 },
      { feature: 'recentKeyRarity', value: 0.25, contribution: 0.04 },
    ])
  })

  it('clips at one, and shows by the contributions by how much', () => {
    const features = { rating: rule.rate(9000, 9000, 'q'), recentMoves: 10, recentExcess: 10_000, recentRarity: 0 }
    expect(rule.score(features)).toBe(1)
    expect(rule.contributions(features).map(({ contribution }) => contribution)).toEqual([1.5, 0.25])
  })

  it('does not take few moves for many', () => {
    const rating = rule.rate(9000, 9000, 'q')
    expect(rule.score({ rating, recentMoves: 2, recentExcess: 1000, recentRarity: 0 })).toBe(0.4)
  })

  it('is a number from 0 to 1 to which the contributions add up, for any window', () => {
    const move = tuple(
      double({ min: 0, noNaN: true }),
      integer({ min: 0, max: 1e9 }),
      constantFrom('q', 'd', 'alt', 'other'),
    )
    assert(
      property(array(move, { minLength: 1, maxLength: 30 }), window => {
        const ratings = window.map(([displacement, elapsedMs, key]) => rule.rate(displacement, elapsedMs, key))
        const features = {
          rating: ratings.at(-1)!,
          recentMoves: ratings.length,
          recentExcess: ratings.reduce((sum, { excess }) => sum + excess, 0),
          recentRarity: ratings.reduce((sum, { rarity }) => sum + rarity, 0),
        }
        const score = rule.score(features)
        const contributions = rule.contributions(features)
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(1)
        const sum = contributions.reduce((total, { contribution }) => total + contribution, 0)
        expect(Math.min(sum, 1)).toBeCloseTo(score, 9)
        expect(contributions.every(({ contribution, value }) => contribution > 0 && Number.isFinite(value))).toBe(true)
      }),
    )
  })
})
