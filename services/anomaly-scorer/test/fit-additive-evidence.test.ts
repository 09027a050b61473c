import { readdirSync, readFileSync } from 'node:fs'
import { CALIBRATION_SEEDS, FIT_SEEDS, REPORT_SEEDS } from '@millrace/domains/lol/simulate/seeds'
import { describe, expect, it } from 'vitest'
import { fitTables, sumOf } from '../scripts/additive-evidence/additive-fit.ts'
import { chooseThreshold } from '../scripts/additive-evidence/choose-threshold.ts'
import { simulatedMoves, simulatedPeople } from '../scripts/additive-evidence/crowd.ts'
import { leavePairsOut, recallAt } from '../scripts/additive-evidence/fit-aim.ts'
import { randomFrom } from './moves.ts'

describe('fitTables', () => {
  it('finds the log likelihood ratio of a feature, once for two that are the same', () => {
    const random = randomFrom(1)
    const examples = Array.from({ length: 20_000 }, (_, n) => {
      const isAltered = n % 2 === 0
      const value = random() ** (isAltered ? 0.5 : 1)
      return { features: [value, value, random()], isAltered }
    })
    const fit = fitTables(examples, 0.0005)
    // The densities are 2x and 1.
    for (const value of [0.3, 0.5, 0.95]) {
      const sum = sumOf(fit, [value, value, 0.5])
      expect(Math.abs(sum - Math.log(2 * value))).toBeLessThan(0.25)
    }
  })
})

describe('chooseThreshold', () => {
  const person = (peaks: readonly number[]) => ({ peaks, hours: 1 })

  it('is no lower than the least, nor than the largest statistic of anybody', () => {
    const options = { perHour: 0.005, least: 9 }
    expect(chooseThreshold([person([0.5]), person([])], options)).toBe(9)
    expect(chooseThreshold([person([0.5, 11.02]), person([2])], options)).toBeGreaterThanOrEqual(11.02)
  })

  it('rises with the rate of excursions and as false alarms are to be rarer', () => {
    const at = (count: number, perHour: number) =>
      chooseThreshold(
        [0.8, 1, 1.2].map(mean =>
          person(Array.from({ length: count }, (_, n) => 1 - mean * Math.log((n + 0.5) / count))),
        ),
        { perHour, least: 1 },
      )
    expect(at(100, 0.005)).toBeGreaterThan(at(10, 0.005))
    expect(at(100, 0.0005)).toBeGreaterThan(at(100, 0.005))
  })
})

it('every pair of people is left out once', () => {
  const folds = [...leavePairsOut(['a', 'b', 'c', 'd', 'e'])]
  expect(folds).toHaveLength(10)
  for (const { fitted, held } of folds) expect(fitted).toHaveLength(5 - held.length)
})

it('recall is that of the ranks', () => {
  expect(recallAt([1, 2, 3, 4], [3.5, 5], 0.25)).toBe(1)
  expect(recallAt([1, 2, 3, 4], [3.5, 5], 0)).toBe(0.5)
})

describe('the fit', () => {
  it('never sees a seed of the report', () => {
    const seen = new Set([...FIT_SEEDS, ...CALIBRATION_SEEDS])
    for (const seed of REPORT_SEEDS) {
      expect(seen.has(seed)).toBe(false)
      expect(() => simulatedPeople([seed], { minutes: 1 })).toThrow(`The seed ${seed} is kept for the report`)
      expect(() => simulatedMoves([seed], { minutes: 1 })).toThrow(`The seed ${seed} is kept for the report`)
    }
  })

  it('simulates players in one place, which keeps these seeds', () => {
    const folder = new URL('../scripts/', import.meta.url)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
    const simulating = files.filter(name => /domains\/lol\/simulate'/.test(readFileSync(new URL(name, folder), 'utf8')))
    expect(simulating).toEqual(['additive-evidence/crowd.ts'])
  })
})
