import { describe, expect, it } from 'vitest'
import { bootstrap, median, poissonRate } from '../src/intervals.ts'

describe('the interval of a rate', () => {
  // Exact limits of Garwood 1936 for 0 and 5 events.
  it.each([
    [0, 0, 3.6889],
    [5, 1.6235, 11.6683],
  ])('with %d events is the exact one', (count, low, high) => {
    const rate = poissonRate(count, 10)
    expect(rate.value).toBe(count / 10)
    expect(rate.low! * 10).toBeCloseTo(low, 3)
    expect(rate.high! * 10).toBeCloseTo(high, 3)
  })
})

describe('the bootstrap', () => {
  const values = Array.from({ length: 400 }, (_, n) => n % 10)
  const mean = (weights: Uint16Array): number => {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return weights.reduce((sum, weight, n) => sum + weight * values[n]!, 0) / total
  }

  it('has the figure of everybody, and about two standard errors on either side', () => {
    const { value, low, high } = bootstrap(values.length, mean, 'mean')
    const error = Math.sqrt(8.25 / values.length)
    expect(value).toBe(4.5)
    expect(low).toBeGreaterThan(4.5 - 3 * error)
    expect(low).toBeLessThan(4.5 - error)
    expect(high).toBeGreaterThan(4.5 + error)
    expect(high).toBeLessThan(4.5 + 3 * error)
  })

  it('is the same every time', () =>
    expect(bootstrap(values.length, mean, 'a')).toEqual(bootstrap(values.length, mean, 'a')))

  it('leaves out samples without a figure', () => expect(bootstrap(3, () => null, 'none').low).toBeNull())
})

it('a median is the lower one of an even number', () => {
  expect(median([3, 1, 2, 9])).toBe(2)
  expect(median([])).toBeNull()
})
