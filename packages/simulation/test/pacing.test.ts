import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { createPacer } from '../src/index.ts'

describe('createPacer', () => {
  it('lets 60 s of virtual time pass in one at speed 60', async () => {
    const clock = new ManualClock()
    const pacer = createPacer({ clock, speed: 60, startMs: 1_000_000 })
    expect(pacer.dueMs()).toBe(1_000_000)
    expect(pacer.waitMs(1_060_000)).toBe(1000)
    await clock.advance(1000)
    expect(pacer.dueMs()).toBe(1_060_000)
    expect(pacer.waitMs(1_060_000)).toBe(0)
    expect(pacer.waitMs(1_000_000)).toBe(0)
  })

  it('never waits at speed max', () => {
    const pacer = createPacer({ clock: new ManualClock(), speed: 'max', startMs: 0 })
    expect(pacer.waitMs(1e15)).toBe(0)
    expect(pacer.dueMs()).toBeGreaterThan(1e15)
  })
})
