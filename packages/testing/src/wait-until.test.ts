import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { WaitError, waitUntil } from './wait-until.ts'

/** Lets a wait run on a clock that only this moves. */
async function settle<T>(clock: ManualClock, wait: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [[outcome]] = await Promise.all([Promise.allSettled([wait]), clock.advance(10_000)])
  return outcome!
}

describe('waitUntil', () => {
  it('gives what the condition gives as soon as that is something', async () => {
    const clock = new ManualClock()
    let tries = 0
    const wait = waitUntil(() => (++tries === 3 ? { found: tries } : null), { deadlineMs: 1000, what: 'it', clock })
    expect(await settle(clock, wait)).toEqual({ status: 'fulfilled', value: { found: 3 } })
  })

  it('takes a throw for "not yet", and names what was waited for and the last failure at the deadline', async () => {
    const clock = new ManualClock()
    const failure = new Error('no such topic')
    const startMs = clock.now()
    const triedAtMs: number[] = []
    const wait = waitUntil(
      () => {
        triedAtMs.push(clock.now() - startMs)
        throw failure
      },
      { deadlineMs: 1000, intervalMs: 300, what: 'three records in lol.raw', clock },
    )
    const outcome = await settle(clock, wait)
    const error = outcome.status === 'rejected' ? outcome.reason : null
    expect(error).toBeInstanceOf(WaitError)
    expect(error.message).toBe('Waited 1 s for three records in lol.raw; the last try failed: no such topic')
    expect(error.cause).toBe(failure)
    expect(triedAtMs).toEqual([0, 300, 600, 900, 1000])
  })

  it('says what a condition gave that never failed', async () => {
    const clock = new ManualClock()
    const wait = waitUntil(() => 0, { deadlineMs: 500, what: 'a count', clock })
    expect(await settle(clock, wait)).toMatchObject({ reason: { message: expect.stringContaining('gave 0') } })
  })

  it('ends with the reason of its signal', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const wait = waitUntil(() => false, { deadlineMs: 1000, what: 'it', clock, signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await settle(clock, wait)).toEqual({ status: 'rejected', reason })
  })
})
