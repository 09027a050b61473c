import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, maxBackoffMs, Semaphore } from '../src/index.ts'

describe('a semaphore', () => {
  it('lets as many run as its limit says, in the order in which they came, whatever becomes of them', async () => {
    const semaphore = new Semaphore(2)
    const begun: number[] = []
    const ends: PromiseWithResolvers<string>[] = []
    const results = [0, 1, 2, 3].map(n => {
      const end = Promise.withResolvers<string>()
      ends.push(end)
      return semaphore.use(() => {
        begun.push(n)
        return end.promise
      })
    })
    await turn()
    expect(begun).toEqual([0, 1])
    ends[1]!.reject(new Error('failed'))
    await expect(results[1]).rejects.toThrow('failed')
    await turn()
    expect(begun).toEqual([0, 1, 2])
    ends[0]!.resolve('done')
    expect(await results[0]).toBe('done')
    await turn()
    expect(begun).toEqual([0, 1, 2, 3])
    ends[2]!.resolve('done')
    ends[3]!.resolve('done')
    await Promise.all([results[2], results[3]])
    expect(await semaphore.use(() => 'at once')).toBe('at once')
  })
})

describe('a back-off', () => {
  const policy = { firstDelayMs: 100, maxDelayMs: 1_500 }

  it('doubles up to its longest wait', () => {
    expect([1, 2, 3, 4, 5, 1_000_000].map(attempts => maxBackoffMs(policy, attempts))).toEqual([
      100, 200, 400, 800, 1_500, 1_500,
    ])
  })

  it('is between half of that and all of it, evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const longestMs = maxBackoffMs(policy, attempts)
        expect(backoffMs(policy, attempts, random)).toBeCloseTo(longestMs / 2 + (random * longestMs) / 2)
      }),
    )
  })
})
