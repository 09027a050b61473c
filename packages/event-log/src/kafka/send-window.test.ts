import { describe, expect, it } from 'vitest'
import { SendWindow } from './send-window.ts'

const MIB = 1 << 20
const DEADLINE_MS = 4_000

describe('a send window', () => {
  it('is as large as may be until something waits too long', () => {
    const window = new SendWindow(64, 10 * MIB)
    expect(window.takes(9 * MIB, MIB)).toBe(true)
    expect(window.takes(9 * MIB, MIB + 1)).toBe(false)
  })

  it('closes to half of what was held when a record waited for more than half of its deadline', () => {
    const window = new SendWindow(64, 10 * MIB)
    window.stored(MIB, 8 * MIB, { sinceMs: 0, deadlineMs: DEADLINE_MS, nowMs: 2_001 })
    expect(window.bytes).toBe(4 * MIB)
    expect(window.takes(4 * MIB, 1)).toBe(false)
    expect(window.takes(3 * MIB, MIB)).toBe(true)
  })

  it('closes once for all that waited before it closed', () => {
    const window = new SendWindow(64, 10 * MIB)
    for (const nowMs of [4_000, 4_100, 4_200]) window.late(8 * MIB, { sinceMs: nowMs - DEADLINE_MS, nowMs })
    expect(window.bytes).toBe(4 * MIB)
    window.late(4 * MIB, { sinceMs: 4_300, nowMs: 8_300 })
    expect(window.bytes).toBe(2 * MIB)
  })

  it('opens by a quarter of what is stored in time, up to the limit', () => {
    const window = new SendWindow(64, 10 * MIB)
    window.late(8 * MIB, { sinceMs: 0, nowMs: DEADLINE_MS })
    const inTime = { sinceMs: 5_000, deadlineMs: DEADLINE_MS, nowMs: 5_100 }
    window.stored(4 * MIB, 4 * MIB, inTime)
    expect(window.bytes).toBe(5 * MIB)
    for (let times = 0; times < 20; times++) window.stored(4 * MIB, 4 * MIB, inTime)
    expect(window.bytes).toBe(10 * MIB)
  })

  it('never closes below its least, and takes anything while nothing is held', () => {
    const window = new SendWindow(64, 10 * MIB)
    for (let nowMs = DEADLINE_MS; nowMs < 100 * DEADLINE_MS; nowMs += DEADLINE_MS)
      window.late(100, { sinceMs: nowMs - 1, nowMs })
    expect(window.bytes).toBe(64)
    expect(window.takes(0, MIB)).toBe(true)
    expect(window.takes(1, MIB)).toBe(false)
  })
})
