import { describe, expect, it } from 'vitest'
import { createGate } from '../src/gate.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('gate', () => {
  it('runs every task once, never more at a time than the limit, over all callers together', async () => {
    const gate = createGate(3)
    let running = 0
    let most = 0
    const done: number[] = []
    const task = async (item: number): Promise<void> => {
      most = Math.max(most, ++running)
      await turn()
      running--
      done.push(item)
    }
    const items = Array.from({ length: 20 }, (_, index) => index)
    await Promise.all([gate.forEach(items, task), gate.forEach(items, task), gate.forEach([], task)])
    expect(most).toBe(3)
    expect(done.sort((a, b) => a - b)).toEqual([...items, ...items].sort((a, b) => a - b))
  })

  it('after a failure starts no more, waits for what runs, rejects with the first error, and serves others', async () => {
    const gate = createGate(2)
    const begun: number[] = []
    const ended: number[] = []
    const failing = gate.forEach([0, 1, 2, 3], async item => {
      begun.push(item)
      await turn()
      if (item === 0) throw new Error('first')
      await turn()
      ended.push(item)
      throw new Error('second')
    })
    await expect(failing).rejects.toThrow('first')
    expect(begun).toEqual([0, 1])
    expect(ended).toEqual([1])
    await gate.forEach([7, 8, 9], async item => void ended.push(item))
    expect(ended).toEqual([1, 7, 8, 9])
  })
})
