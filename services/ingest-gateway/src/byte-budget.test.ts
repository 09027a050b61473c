import { expect, it } from 'vitest'
import { createByteBudget } from './byte-budget.ts'

it('is saturated from 90 % of the limit until use is back under 70 %', () => {
  const budget = createByteBudget(100)
  const request = budget.reserve()
  const seen = [20, 69, 1, -1, -19, -1, 20].map(bytes => {
    if (bytes > 0) expect(request.take(bytes)).toBe(true)
    else request.giveBack(-bytes)
    return [budget.usedBytes, budget.saturated]
  })
  expect(seen).toEqual([
    [20, false],
    [89, false],
    [90, true],
    [89, true],
    [70, true],
    [69, false],
    [89, false],
  ])
})

it('is saturated by what it has no room for, and gives back what a request holds', () => {
  const budget = createByteBudget(100)
  const [small, large] = [budget.reserve(), budget.reserve()]
  expect(small.take(80)).toBe(true)
  expect(large.take(21)).toBe(false)
  expect([budget.usedBytes, budget.saturated]).toEqual([80, true])
  large.release()
  small.release()
  expect([budget.usedBytes, budget.saturated]).toEqual([0, false])
})
