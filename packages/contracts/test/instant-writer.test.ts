import { assert, integer, property } from 'fast-check'
import { describe, it } from 'vitest'
import { createInstantWriter } from '../src/index.ts'

/** Nearly as far as a Date reaches. */
const MOST_MS = 8_630_000_000_000_000

describe('createInstantWriter', () => {
  it('writes what Date writes, forwards, backwards and at any distance', () => {
    const write = createInstantWriter()
    const check = (timeMs: number): boolean => write(timeMs) === new Date(timeMs).toISOString()
    assert(
      property(integer({ min: -MOST_MS, max: MOST_MS }), integer({ min: -90_000, max: 90_000 }), (atMs, stepMs) => {
        const nextMs = Math.min(Math.max(atMs + stepMs, -MOST_MS), MOST_MS)
        return check(atMs) && check(nextMs)
      }),
    )
  })
})
