import { Random } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { averagePrecision, precisionRecall, rankOf } from '../src/average-precision.ts'
import { ScoreCounts } from '../src/score-counts.ts'

const ranked = (scores: readonly number[], labels: readonly number[]) => {
  const values = Float32Array.from(scores)
  return {
    rank: rankOf(values),
    scores: values,
    isPositive: (row: number) => labels[row] === 1,
    isCounted: () => true,
  }
}

describe('average precision', () => {
  // Expected values by scikit-learn 1.9.1, average_precision_score.
  it.each([
    [[0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.8333333],
    [[0.5, 0.5, 0.5, 0.5], [0, 1, 0, 0], 0.25],
    [[0.9, 0.8, 0.8, 0.7, 0.1], [1, 0, 1, 0, 1], 0.7555556],
  ])('of %j is that of scikit-learn', (scores, labels, expected) => {
    expect(averagePrecision(ranked(scores, labels))).toBeCloseTo(expected, 6)
  })

  it('is null without positives, and looks at what is counted only', () => {
    expect(averagePrecision(ranked([0.3, 0.2], [0, 0]))).toBeNull()
    const all = ranked([0.9, 0.8, 0.7], [0, 1, 0])
    expect(averagePrecision({ ...all, isCounted: row => row !== 0 })).toBe(1)
  })

  it('by counts of scores is the same, also where a player counts twice or not at all', () => {
    const random = new Random('counts')
    const rows = Array.from({ length: 2000 }, () => ({
      player: random.int(0, 9),
      score: Math.round(random.float() ** 3 * 10_000) / 10_000,
      label: random.chance(0.1) ? 1 : 0,
    }))
    const players = Array.from({ length: 10 }, (_, n) => ({ account: String(n), cheat: null, hours: 1 }))
    const play = {
      ...{ players, baselines: new Map(), models: new Map(), timeMs: new Float64Array(rows.length) },
      player: Int32Array.from(rows, ({ player }) => player),
      isAltered: Uint8Array.from(rows, ({ label }) => label),
    }
    const counts = new ScoreCounts(
      play,
      Float32Array.from(rows, ({ score }) => score),
    )
    const weights = [0, 1, 2, 1, 0, 1, 1, 2, 1, 1]
    const repeated = rows.flatMap(row => Array.from({ length: weights[row.player]! }, () => row))
    const expected = averagePrecision(
      ranked(
        repeated.map(({ score }) => score),
        repeated.map(({ label }) => label),
      ),
    )
    expect(counts.averagePrecision(weights)).toBeCloseTo(expected!, 10)
  })
})

it('the curve ends at full recall, with the precision of everything down to the last positive', () => {
  const points = precisionRecall(ranked([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]))
  expect(points).toEqual([
    { recall: 0.5, precision: 1 },
    { recall: 1, precision: 2 / 3 },
  ])
})
