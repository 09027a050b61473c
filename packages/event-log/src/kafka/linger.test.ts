import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { Linger } from './linger.ts'

describe('a linger', () => {
  it('ends for all at once, counted from the first, and then begins anew', async () => {
    const clock = new ManualClock()
    const linger = new Linger(clock, 5)
    const ended: string[] = []
    const wait = (name: string): void => void linger.over().then(() => ended.push(name))
    wait('a')
    await clock.advance(4)
    wait('b')
    expect(ended).toEqual([])
    await clock.advance(1)
    expect(ended).toEqual(['a', 'b'])
    wait('c')
    await clock.advance(4)
    expect(ended).toEqual(['a', 'b'])
    await clock.advance(1)
    expect(ended).toEqual(['a', 'b', 'c'])
  })
})
