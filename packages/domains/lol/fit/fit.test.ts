import { Random } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { modelsOf } from '../simulate/realistic/play-tables.ts'
import { drawHabits, Pointer } from '../simulate/realistic/pointer.ts'
import { activityStatistics } from './activity-statistics.ts'
import { areaUnderCurve } from './area-under-curve.ts'
import { boostTrees } from './boosted-trees.ts'
import { fitTables } from './fit-tables.ts'
import { eventFeatures, windowFeatures } from './judge-features.ts'
import { countsOf, type PointerRow, readActivity, readPointerRows } from './read-recordings.ts'
import { fitSoftmax } from './softmax.ts'

/** A person who goes round the middle of the view and acts at every fourth row. */
function circler(seed: number, rows = 1500): PointerRow[] {
  const random = new Random('circler', seed)
  return Array.from({ length: rows }, (_, row) => ({
    tick: 2 * row,
    x: Math.round(800 + 200 * Math.cos(row / 3) + random.int(-9, 9)),
    y: Math.round(560 + 200 * Math.sin(row / 3) + random.int(-9, 9)),
    action: row % 4 === 0 ? 1 + (row % 8) / 4 : 0,
  }))
}

describe('the fit of a softmax', () => {
  it('finds the frequencies of choices by context', () => {
    const random = new Random('choices')
    const count = 6000
    const chosen = new Int32Array(count)
    const indices = new Int32Array(2 * count)
    for (let row = 0; row < count; row++) {
      const context = row % 2
      chosen[row] = random.chance(context === 0 ? 0.2 : 0.9) ? 1 : 0
      indices[2 * row] = 2 * context
      indices[2 * row + 1] = 2 * context + 1
    }
    const { weights } = fitSoftmax({ outcomes: 2, tables: 1, weights: 4, chosen, indices }, { ridge: 0.1, epochs: 30 })
    const share = (context: number) => 1 / (1 + Math.exp(weights[2 * context]! - weights[2 * context + 1]!))
    expect(share(0)).toBeCloseTo(0.2, 1)
    expect(share(1)).toBeCloseTo(0.9, 1)
  })
})

describe('tables of people who circle', () => {
  const people = [circler(1), circler(2)]
  const { models } = fitTables(people)

  it('are whole numbers, the same for the same people', () => {
    expect(models.people).toBe(2)
    expect([...models.kinds, ...models.steps, ...models.turns].every(Number.isInteger)).toBe(true)
    expect(fitTables(people).models).toEqual(models)
  })

  it('let a simulated pointer circle, at the pace and near the middle as they do', () => {
    const random = new Random('simulated')
    const loaded = modelsOf(models)
    const pointer = new Pointer(loaded, drawHabits(loaded, random), random)
    let distance = 0
    let actions = 0
    let turned = 0
    const rows = 2000
    for (let row = 0; row < rows; row++) {
      const before = pointer.state.heading
      pointer.step(0, 0, Number.POSITIVE_INFINITY)
      turned += Math.sin(pointer.state.heading - before) > 0 ? 1 : 0
      distance += Math.hypot(pointer.state.x - 800, pointer.state.y - 560) / rows
      actions += pointer.action > 0 ? 1 / rows : 0
    }
    expect(pointer.state.tick / rows).toBeCloseTo(2, 1)
    expect(turned / rows).toBeGreaterThan(0.7)
    expect(distance).toBeGreaterThan(130)
    expect(distance).toBeLessThan(320)
    expect(actions).toBeGreaterThan(0.18)
    expect(actions).toBeLessThan(0.32)
  })
})

describe('the judge', () => {
  it('cannot tell people from people, and tells others from them', () => {
    const [a, b, c, d] = [1, 2, 3, 4].map(seed => circler(seed, 6000)) as [
      PointerRow[],
      PointerRow[],
      PointerRow[],
      PointerRow[],
    ]
    const straight = (rows: PointerRow[]) =>
      rows.map(row => ({ ...row, x: 2 * Math.abs((row.tick % 600) - 300), y: 500 }))
    for (const features of [eventFeatures, windowFeatures]) {
      const same = boostTrees(features(a), features(b))
      expect(Math.abs(areaUnderCurve(same(features(c)), same(features(d))) - 0.5)).toBeLessThan(0.12)
      const other = boostTrees(features(a), features(straight(b)))
      expect(areaUnderCurve(other(features(c)), other(features(straight(d))))).toBeGreaterThan(0.98)
    }
  })

  it('measures the area under the curve with ties as halves', () => {
    expect(areaUnderCurve([2, 3], [0, 1])).toBe(1)
    expect(areaUnderCurve([2.5, 4], [1, 2, 3])).toBeCloseTo(5 / 6)
    expect(areaUnderCurve([1, 1], [1, 1])).toBe(0.5)
    expect(areaUnderCurve([0, 2], [1])).toBe(0.5)
  })
})

describe('recordings', () => {
  it('are read at whole ticks, of a tick the first row', () => {
    const csv = 't_seconds,x_px,y_px,action\n0.0625,1,2,0\n0.07,5,5,1\n1,3,4,2\n'
    expect(readPointerRows(csv)).toEqual([
      { tick: 1, x: 1, y: 2, action: 0 },
      { tick: 16, x: 3, y: 4, action: 2 },
    ])
    expect(() => readPointerRows('t,x\n1,2\n')).toThrow(/needs the columns/)
  })

  it('of activity give statistics of clicks and keys', () => {
    const seconds = Array.from(
      { length: 100 },
      (_, second) => `m,team,${second},${second % 2},${second % 4 === 0 ? '' : 1},9`,
    )
    const matches = readActivity(`player_match,team,second,clicks,keys,pointer_px\n${seconds.join('\n')}\n`)
    const statistics = activityStatistics(matches.map(countsOf))
    expect(statistics).toMatchObject({ clicks: 0.5, keys: 1, silent: 0.5, dispersion: 0.5, slow: 0.5 })
    expect(statistics.autocorrelation[0]).toBeCloseTo(-1)
    expect(statistics.autocorrelation[1]).toBeCloseTo(1)
  })
})
