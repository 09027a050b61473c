import { describe, expect, it } from 'vitest'
import { createWaitTeller, ManualClock, WaitReasons } from '../src/index.ts'

function teller() {
  const clock = new ManualClock()
  const lines: string[] = []
  const abort = new AbortController()
  const waits = createWaitTeller({ clock, say: line => void lines.push(line), signal: abort.signal })
  return { clock, lines, abort, waits }
}

describe('a wait', () => {
  it('is not told while it lasts a few seconds only', async () => {
    const { clock, lines, waits } = teller()
    const { promise, resolve } = Promise.withResolvers<string>()
    const waiting = waits.during('Kafka', promise)
    await clock.advance(4_000)
    resolve('there')
    expect(await waiting).toBe('there')
    await clock.advance(60_000)
    expect(lines).toEqual([])
  })

  it('is told once with its reason, and again for another reason', async () => {
    const { clock, lines, waits } = teller()
    const { promise, reject } = Promise.withResolvers<string>()
    let reason: string | null = null
    const waiting = waits.during('Kafka', promise, () => reason)
    waiting.catch(() => {})
    await clock.advance(20_000)
    reason = 'connection refused.'
    await clock.advance(20_000)
    reject(new Error('gave up'))
    await expect(waiting).rejects.toThrow('gave up')
    await clock.advance(60_000)
    expect(lines).toEqual(['Waiting for Kafka: no answer yet.', 'Waiting for Kafka: connection refused.'])
  })

  it('is told once for all calls that wait for the same', async () => {
    const { clock, lines, waits } = teller()
    const never = new Promise<never>(() => {})
    void waits.during('Kafka', never)
    void waits.during('Kafka', never)
    void waits.during('the mart', never)
    await clock.advance(20_000)
    expect(lines).toEqual(['Waiting for Kafka: no answer yet.', 'Waiting for the mart: no answer yet.'])
  })

  it('ends at an abort with what was waited for, but for what is nearly there', async () => {
    const { clock, abort, waits } = teller()
    const nearly = waits.during('the file', Promise.resolve('there'))
    const never = waits.during('Kafka', new Promise<never>(() => {}), () => 'connection refused')
    never.catch(() => {})
    abort.abort()
    await clock.advance(2_000)
    expect(await nearly).toBe('there')
    await expect(never).rejects.toThrow('Stopped while waiting for Kafka: connection refused.')
    const late = waits.during('Kafka', new Promise<never>(() => {}))
    late.catch(() => {})
    await clock.advance(2_000)
    await expect(late).rejects.toThrow('Stopped while waiting for Kafka: no answer yet.')
  })
})

it('reasons of a wait are said once each until it is over', () => {
  const said: string[] = []
  const reasons = new WaitReasons((reason, after: number) => void said.push(`${reason} ${after}`))
  expect(reasons.over()).toBe(false)
  reasons.say('refused', 1)
  reasons.say('refused', 2)
  reasons.say('silent', 3)
  reasons.say('refused', 4)
  expect([reasons.over(), reasons.over()]).toEqual([true, false])
  reasons.say('refused', 5)
  expect(said).toEqual(['refused 1', 'silent 3', 'refused 5'])
})

it('a call that is not answered for a few seconds is a reason, and one that is answered is none', async () => {
  const clock = new ManualClock()
  const said: string[] = []
  const reasons = new WaitReasons(reason => void said.push(reason))
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = reasons.during(promise, clock)
  const second = reasons.during(promise, clock)
  await clock.advance(4_000)
  expect(said).toEqual([])
  await clock.advance(4_000)
  expect(said).toEqual(['no answer for 5 s'])
  resolve('there')
  expect(await Promise.all([first, second])).toEqual(['there', 'there'])
  reasons.over()
  await reasons.during(Promise.resolve(), clock)
  await clock.advance(60_000)
  expect(said).toHaveLength(1)
})
