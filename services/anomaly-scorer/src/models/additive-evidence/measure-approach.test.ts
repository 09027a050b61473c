import type { Approach } from '@millrace/domains/lol/approach'
import { jumpToOwnTarget, snapApproach } from '@millrace/domains/lol/simulate/cheats'
import { describe, expect, it } from 'vitest'
import { bentPath } from '../../../test/hands.ts'
import { randomFrom } from '../../../test/moves.ts'
import { approachFeatures, measureApproach } from './measure-approach.ts'

const featuresOf = (approach: Approach) => {
  const measured = measureApproach(approach)
  if (typeof measured === 'string') throw new Error(measured)
  return Object.fromEntries(approachFeatures.map((name, n) => [name, measured.features[n]!]))
}
const bent = bentPath(randomFrom(1))
const LINE: Approach = Array.from({ length: 8 }, (_, n): [number, number, number] => [500 - 62.5 * n, n - 8, 0]).map(
  ([ms, x, y]) => [Math.round(ms), x, y],
)

describe('measureApproach', () => {
  it('measures a straight stroke of constant speed', () => {
    const features = featuresOf(LINE)
    expect(features.straightness).toBeCloseTo(1)
    expect(features.lateStraightness).toBeCloseTo(1)
    expect(features.speedSpread).toBeCloseTo(0, 1)
    expect(features.turning).toBeCloseTo(0)
    expect(features.lastStepShare).toBeCloseTo(1 / 8, 1)
    expect(features.lastSpeed).toBeCloseTo(1, 1)
  })

  it('tells a snap and a jump from a hand', () => {
    const [hand, snap, jump] = [bent, snapApproach(bent, 0.9), jumpToOwnTarget(bent)].map(featuresOf)
    expect(snap!.straightness).toBeGreaterThan(hand!.straightness!)
    expect(snap!.speedSpread).toBeLessThan(hand!.speedSpread!)
    expect(jump!.lastSpeed).toBeGreaterThan(3 * hand!.lastSpeed!)
  })

  it.each([0.4, 2.5, 1e-9, 1e9])('does not depend on the unit (%d)', scale => {
    const scaled = bent.map(([ms, x, y]): [number, number, number] => [ms, x * scale, y * scale])
    for (const [name, value] of Object.entries(featuresOf(scaled)))
      expect(value).toBeCloseTo(featuresOf(bent)[name]!, 9)
  })

  it.each<[string, Approach | undefined, string]>([
    ['no path', undefined, 'no-path'],
    ['8 Hz', bent.filter((_, n) => n % 2 === 0), 'thin'],
    ['a gap', bent.filter((_, n) => n !== 4), 'thin'],
    ['only the last 200 ms', bent.slice(-4), 'thin'],
    ['a pointer that rests', bent.map(([ms]) => [ms, 3, 3]), 'rest'],
  ])('knows nothing of %s', (_, approach, reason) => {
    const resting = reason === 'rest' ? bent.map(([ms]): [number, number, number] => [ms, 0, 0]) : approach
    expect(measureApproach(resting)).toBe(reason)
  })

  it('bears a sample at the time of the action', () => {
    const measured = measureApproach([...bent, [0, 5, 5]])
    expect(typeof measured === 'string' || measured.features.every(Number.isFinite)).toBe(true)
  })
})
