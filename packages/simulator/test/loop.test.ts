import { Random } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { Loop, WORLD } from '../src/loop.ts'
import { MemoryDisk } from '../src/memory-disk.ts'
import { ServiceProcess } from '../src/service-process.ts'
import { Trace } from '../src/trace.ts'

const START_MS = Date.UTC(2024, 0, 1)

const loopOf = (seed: string): Loop => new Loop(START_MS, new Random(seed), new Trace())
const processOf = (loop: Loop): ServiceProcess =>
  new ServiceProcess({ name: 'p', incarnation: 1, loop, disk: new MemoryDisk(), seed: '1' })

/** The order in which eight steps of one moment are taken. */
async function orderOf(seed: string): Promise<string> {
  const loop = loopOf(seed)
  const taken: number[] = []
  for (let step = 0; step < 8; step++) loop.after(5, WORLD, `step ${step}`, () => taken.push(step))
  await loop.run(START_MS + 10)
  return `${taken.join()} ${loop.trace.hash}`
}

describe('the loop', () => {
  it('takes what is due in an order that the seed decides', async () => {
    const orders = await Promise.all(['1', '2', '3', '4', '1'].map(orderOf))
    expect(orders[4]).toBe(orders[0])
    expect(new Set(orders).size).toBe(4)
    expect([...new Set(orders[0]!.split(' ')[0]!.split(','))].sort()).toEqual([...'01234567'])
  })

  it('moves time to the next step, and not past the end', async () => {
    const loop = loopOf('1')
    const times: number[] = []
    for (const ms of [3_600_000, 5, 70]) loop.after(ms, WORLD, 'step', () => times.push(loop.nowMs - START_MS))
    await loop.run(START_MS + 1_000)
    expect({ times, nowMs: loop.nowMs - START_MS }).toEqual({ times: [5, 70], nowMs: 1_000 })
    await loop.run(START_MS + 4_000_000)
    expect(times).toEqual([5, 70, 3_600_000])
  })

  it('takes no step of a process that is gone, and holds those of one that stands still', async () => {
    const loop = loopOf('1')
    const [gone, paused] = [processOf(loop), processOf(loop)]
    const taken: string[] = []
    for (const [name, owner] of [
      ['gone', gone],
      ['paused', paused],
      ['world', WORLD],
    ] as const)
      loop.after(10, owner, name, () => taken.push(name))
    gone.kill()
    paused.pause()
    await loop.run(START_MS + 100)
    expect(taken).toEqual(['world'])
    paused.resume()
    await loop.run(START_MS + 200)
    expect(taken).toEqual(['world', 'paused'])
  })

  it('ends a sleep with its signal, and forgets it', async () => {
    const loop = loopOf('1')
    const { clock } = processOf(loop)
    const over = new AbortController()
    const sleeping = clock.sleep(1_000, over.signal).catch((error: Error) => error.message)
    over.abort(new Error('enough'))
    expect(await sleeping).toBe('enough')
    await loop.run(START_MS + 2_000)
    expect(loop.trace.steps).toBe(0)
  })
})
