import { describe, expect, it } from 'vitest'
import type { Approach } from '../../approach.ts'
import { assistApproach, jumpElsewhere, jumpToOwnTarget, snapApproach } from './alter-approach.ts'

/** A hand that goes 30 to the right and then 40 down, in eight samples of 50 ms. */
const BENT: Approach = [
  [400, -30, -40],
  [350, -20, -40],
  [300, -10, -40],
  [250, 0, -40],
  [200, 0, -30],
  [150, 0, -20],
  [100, 0, -10],
  [50, 0, 0],
]
const RESTING: Approach = [
  [100, 0, 0],
  [50, 0, 0],
]

const rounded = (approach: Approach) => approach.map(point => point.map(value => Math.round(value * 100) / 100 + 0))
const timesOf = (approach: Approach) => approach.map(([ms]) => ms)

describe('an aim snap', () => {
  it('of the whole way is a straight line of constant speed', () => {
    const snapped = snapApproach(BENT, 1)
    expect(rounded(snapped)).toEqual(timesOf(BENT).map(ms => rounded([[ms, (-30 * ms) / 400, (-40 * ms) / 400]])[0]))
  })

  it('of a share begins where the hand has done the rest', () => {
    const snapped = snapApproach(BENT, 0.5)
    expect(snapped.slice(0, 4)).toEqual(BENT.slice(0, 4))
    expect(rounded(snapped.slice(4))).toEqual([
      [200, 0, -32],
      [150, 0, -24],
      [100, 0, -16],
      [50, 0, -8],
    ])
  })

  it('of nothing is what the hand did', () => expect(rounded(snapApproach(BENT, 0))).toEqual(rounded(BENT)))
})

describe('a jump', () => {
  it('to the own target leaves half of the way to the last moment', () => {
    expect(rounded(jumpToOwnTarget(BENT))).toEqual([
      [400, -30, -40],
      [350, -25, -40],
      [300, -20, -40],
      [250, -15, -40],
      [200, -10, -40],
      [150, -5, -40],
      [100, 0, -40],
      [50, 0, -35],
    ])
  })

  it('elsewhere moves the hand away from the action', () => {
    expect(jumpElsewhere(BENT, 300, -400)[7]).toEqual([50, -300, 400])
    expect(jumpElsewhere(BENT, 300, -400)[0]).toEqual([400, -330, 360])
  })
})

describe('aim assist', () => {
  it('takes a share of the bend', () => {
    expect(rounded(assistApproach(BENT, 0))).toEqual(rounded(BENT))
    const straight = assistApproach(BENT, 1)
    for (const [, x, y] of straight) expect(x * -40 - y * -30).toBeCloseTo(0)
    const [, x, y] = assistApproach(BENT, 0.5)[3]!
    expect([x, y]).toEqual([(straight[3]![1] + 0) / 2, (straight[3]![2] - 40) / 2])
  })
})

it.each([
  ['snap', (approach: Approach) => snapApproach(approach, 0.9)],
  ['jump to the own target', jumpToOwnTarget],
  ['jump elsewhere', (approach: Approach) => jumpElsewhere(approach, 300, 0)],
  ['assist', (approach: Approach) => assistApproach(approach, 0.7)],
] as const)('a %s keeps the times of the samples, and takes a hand that rests or sent no path', (_, alter) => {
  expect(timesOf(alter(BENT))).toEqual(timesOf(BENT))
  expect(timesOf(alter(RESTING))).toEqual(timesOf(RESTING))
  expect(alter(RESTING).flat().every(Number.isFinite)).toBe(true)
  expect(alter([])).toEqual([])
})
