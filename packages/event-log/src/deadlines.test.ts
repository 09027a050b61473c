import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { Deadlines } from './deadlines.ts'

describe('deadlines', () => {
  it('call back at their time, in any order of adding, unless they were taken away', async () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const passed: string[] = []
    deadlines.add(300, () => passed.push('300'))
    deadlines.add(100, () => passed.push('100'))
    const endOf200 = deadlines.add(200, () => passed.push('200'))
    await clock.advance(99)
    expect(passed).toEqual([])
    await clock.advance(1)
    expect(passed).toEqual(['100'])
    endOf200()
    await clock.advance(199)
    expect(passed).toEqual(['100'])
    deadlines.add(50, () => passed.push('350'))
    await clock.advance(1)
    expect(passed).toEqual(['100', '300'])
    await clock.advance(49)
    expect(passed).toEqual(['100', '300', '350'])
  })

  it('are forgotten when closed', async () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    let calls = 0
    deadlines.add(100, () => calls++)
    deadlines.close()
    await clock.advance(1_000)
    expect(calls).toBe(0)
  })
})
