import type { ConsumerEvent, EventLog, LogRecord } from '@millrace/event-log'
import { createHealth, createLogger } from '@millrace/runtime'
import { waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createRunner, deadLetter, failedRecord } from '../src/index.ts'
import { committedOffset, copy, copying, driverOf, gate, samples, texts } from './support.ts'

describe('the runner', () => {
  it('publishes in order, commits what is stored, and counts it', async () => {
    await using driver = await driverOf(copying())
    await driver.pipeBytes('test.raw', 'ann', '{"n":1,"datetime":"2025-12-31T23:59:10.000Z"}', '{"n":2}')
    await driver.pipeBytes('test.raw', 'ann', '{"n":3,"datetime":"2025-12-31T23:59:30.000Z"}')
    expect(await committedOffset(driver)).toBeNull()
    await driver.advance(1_000)

    expect((await texts(driver, 'test.curated')).map(text => JSON.parse(text).n)).toEqual([1, 2, 3])
    expect(await committedOffset(driver)).toBe(3)
    const { recordsIn, recordsOut, lagRecords, freshness, inFlightBytes } = driver.metrics
    expect(await samples(recordsIn)).toEqual({ 'test.raw': 3 })
    expect(await samples(recordsOut)).toEqual({ 'test.curated': 3 })
    expect(Object.values(await samples(lagRecords))).toEqual(Array(6).fill(0))
    expect(await samples(freshness)).toMatchObject({ 'test.raw_sum': 30, 'test.raw_count': 1 })
    expect(await samples(inFlightBytes)).toEqual({ '': 0 })
  })

  it('holds the offset while a processor finishes nothing, and commits all of it when it does', async () => {
    let seen = 0
    const everyThird = copying({
      process: records => {
        seen += records.length
        return {
          ...copy(records),
          emits: [],
          done: seen < 3 ? null : records.at(-1)!.offset + 1,
          metadata: `seen ${seen}`,
        }
      },
    })
    await using driver = await driverOf(everyThird)
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.pipeBytes('test.raw', 'ann', 'b')
    await driver.advance(5_000)
    expect(await committedOffset(driver)).toBeNull()
    await driver.pipeBytes('test.raw', 'ann', 'c')
    await driver.advance(1_000)
    expect([...(await driver.committed('test.raw')).values()]).toEqual([{ offset: 3, metadata: 'seen 3' }])
  })

  it('tells how many records of each partition are not finished, from the assignment on', async () => {
    let finished: number | null = null
    const holding = copying({ process: () => ({ emits: [], failed: [], done: finished }) })
    await using driver = await driverOf(holding)
    const lag = async (): Promise<number[]> => {
      const text = await driver.metrics.registry.metrics()
      return [
        ...text.matchAll(/^millrace_copier_lag_records\{group="copier",topic="test\.raw",partition="\d".*\} (\d+)$/gm),
      ]
        .map(([, value]) => Number(value))
        .sort((a, b) => b - a)
    }
    const rest = [0, 0, 0, 0, 0]
    expect(await lag()).toEqual([0, ...rest])
    await driver.pipeBytes('test.raw', 'ann', 'a', 'b', 'c')
    await driver.pipeBytes('test.raw', 'ann', 'd', 'e')
    expect(await lag()).toEqual([5, ...rest])
    // The next member has read nothing, and knows at once how much there is to read.
    await driver.crash()
    await driver.pipeBytes('test.raw', 'ann', 'f')
    await driver.restart()
    expect(await lag()).toEqual([6, ...rest])
    finished = 4
    await driver.pipeBytes('test.raw', 'ann', 'g')
    await driver.advance(1_000)
    expect(await lag()).toEqual([3, ...rest])
    finished = 8
    await driver.pipeBytes('test.raw', 'ann', 'h')
    await driver.advance(1_000)
    expect(await lag()).toEqual([0, ...rest])
  })

  it('tells the lag of each group where two of a service read one topic', async () => {
    const holding = copying({ process: () => ({ emits: [], failed: [], done: null }) })
    await using driver = await driverOf(holding)
    const { clock, log, metrics } = driver
    const other = createRunner({
      ...{ topology: { ...copying(), name: 'other' }, log, clock, metrics, health: createHealth() },
      logger: createLogger('other', { level: 'silent' }),
    })
    await other.start()
    await driver.pipeBytes('test.raw', 'ann', 'a', 'b')
    // The driver knows of its own runner only.
    const advanceUntil = (what: string, isSo: () => boolean | Promise<boolean>): Promise<unknown> =>
      waitUntil(
        async () => {
          await driver.advance(250)
          return isSo()
        },
        { what, deadlineMs: 60_000 },
      )
    await advanceUntil('the lag of one group and none of the other', async () => {
      const lags = Object.entries(await samples(metrics.lagRecords))
      const waiting = lags.filter(([, lag]) => lag > 0).map(([labels, lag]) => `${labels.split('/')[0]} ${lag}`)
      return lags.length === 12 && waiting.join() === 'copier 2'
    })
    let isStopped = false
    const stopped = other.stop().finally(() => {
      isStopped = true
    })
    await advanceUntil('the other runner to stop', () => isStopped)
    await stopped
  })

  it('tells the lag of partitions that are not opened yet', async () => {
    let opening = Promise.resolve()
    const slow = copying({
      open: async ({ committed, earliest }) => {
        await opening
        const from = committed?.offset ?? earliest
        return { readFrom: from, publishFrom: from }
      },
    })
    await using driver = await driverOf(slow)
    await driver.pipeBytes('test.raw', 'ann', 'a', 'b')
    await driver.advance(1_000)
    await driver.crash()
    await driver.pipeBytes('test.raw', 'ann', 'c', 'd', 'e')
    const { opened, open } = gate()
    opening = opened
    const restarted = driver.restart()
    await waitUntil(
      async () =>
        Object.values(await samples(driver.metrics.lagRecords))
          .sort()
          .join() === '0,0,0,0,0,3',
      { what: 'the lag of six partitions', deadlineMs: 20_000 },
    )
    open()
    await restarted
    await driver.advance(1_000)
    expect(Object.values(await samples(driver.metrics.lagRecords))).toEqual(Array(6).fill(0))
  })

  it('drops the results of records below publishFrom, also where a batch holds both kinds', async () => {
    const calls: string[][] = []
    const rebuilding = copying({
      open: async ({ committed }) => ({ readFrom: 0, publishFrom: committed?.offset ?? 0 }),
      process: records => {
        calls.push(records.map(({ value }) => value.toString()))
        const [first] = records
        return { ...copy(records), failed: [failedRecord(first!, deadLetter('odd', 'odd'))] }
      },
    })
    await using driver = await driverOf(rebuilding)
    await driver.pipeBytes('test.raw', 'ann', 'a', 'b')
    await driver.advance(1_000)
    await driver.crash()
    await driver.pipeBytes('test.raw', 'ann', 'c')
    await driver.restart()

    expect(calls).toEqual([['a', 'b'], ['a', 'b'], ['c']])
    expect(await texts(driver, 'test.curated')).toEqual(['a', 'b', 'c'])
    expect((await driver.failed()).map(({ offset }) => offset)).toEqual([0, 2])
  })

  it('stores and commits what a tick yields', async () => {
    const ticks: number[] = []
    const batching = copying(() => {
      const atHand: LogRecord[] = []
      return {
        process: records => {
          atHand.push(...records)
          return { emits: [], failed: [], done: null }
        },
        tick: nowMs => {
          ticks.push(nowMs)
          return atHand.length < 2 ? null : copy(atHand.splice(0))
        },
      }
    })
    await using driver = await driverOf(batching)
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.advance(2_000)
    expect(await texts(driver, 'test.curated')).toEqual([])
    await driver.pipeBytes('test.raw', 'ann', 'b')
    await driver.advance(3_000)

    expect(await texts(driver, 'test.curated')).toEqual(['a', 'b'])
    expect(await committedOffset(driver)).toBe(2)
    // Six partitions, once a second each.
    expect(ticks.length).toBe(5 * 6)
  })

  it('sends a record that is at fault to failed-events, and goes on', async () => {
    const picky = copying({
      process: records => ({
        ...copy(records.filter(({ value }) => value.toString() !== 'bad')),
        failed: records
          .filter(({ value }) => value.toString() === 'bad')
          .map(record => failedRecord(record, deadLetter('no_good', 'it is bad'), { stage: 'sink', sink: 'mart' })),
        done: records.at(-1)!.offset + 1,
      }),
    })
    await using driver = await driverOf(picky)
    await driver.pipeBytes('test.raw', 'ann', 'a', 'bad', 'c')
    await driver.advance(1_000)

    expect(await texts(driver, 'test.curated')).toEqual(['a', 'c'])
    expect(await committedOffset(driver)).toBe(3)
    const [failed] = await driver.failed()
    expect(failed).toEqual({
      eventId: expect.stringMatching(/^test\.raw:\d:1:mart$/),
      datetime: '2026-01-01T00:00:00.000Z',
      service: 'copier',
      stage: 'sink',
      sink: 'mart',
      code: 'no_good',
      message: 'it is bad',
      path: null,
      domain: 'test',
      topic: 'test.raw',
      partition: expect.any(Number),
      offset: 1,
      sourceEventId: null,
      key: Buffer.from('ann').toString('base64'),
      payload: Buffer.from('bad').toString('base64'),
    })
    expect(await driver.metrics.registry.metrics()).toMatch(
      /records_failed_total\{reason="no_good",service="copier"\} 1$/m,
    )
  })

  it('turns a record whose output the log will never take into a failed event', async () => {
    const tooMuch = copying({
      process: records => ({
        ...copy(records),
        emits: copy(records).emits.map(emit => ({
          ...emit,
          value: emit.value.toString() === 'big' ? Buffer.alloc(3 << 20, 'x') : emit.value,
        })),
      }),
    })
    await using driver = await driverOf(tooMuch)
    await driver.pipeBytes('test.raw', 'ann', 'a', 'big', 'c')
    await driver.advance(1_000)

    expect(await texts(driver, 'test.curated')).toEqual(['a', 'c'])
    expect((await driver.failed()).map(({ code, offset, stage }) => ({ code, offset, stage }))).toEqual([
      { code: 'record_too_large', offset: 1, stage: 'process' },
    ])
    expect(await committedOffset(driver)).toBe(3)
  })

  it('drops what a lost partition yields, and works it off again under the new assignment', async () => {
    const starts: string[] = []
    const closes: string[] = []
    let hold: Promise<void> | null = null
    const slow = copying({
      process: async records => {
        starts.push(records.map(({ value }) => value.toString()).join())
        await hold
        return copy(records)
      },
      close: reason => {
        closes.push(reason)
        return null
      },
    })
    await using driver = await driverOf(slow)
    const { promise, resolve } = Promise.withResolvers<void>()
    hold = promise
    const keys = ['ann', 'bob', 'cem', 'dee', 'eva', 'fin', 'gus', 'hal', 'ida', 'jim']
    const piped = Promise.all(keys.map(key => driver.pipeBytes('test.raw', key, key)))
    while (new Set(starts.flatMap(start => start.split(','))).size < keys.length) await new Promise(setImmediate)
    const rebalanced = driver.rebalance()
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate)
    hold = null
    resolve()
    await Promise.all([piped, rebalanced])
    await driver.advance(1_000)

    expect(closes.length).toBeGreaterThan(0)
    expect(new Set(closes)).toEqual(new Set(['revoked']))
    const out = await texts(driver, 'test.curated')
    expect(out.toSorted()).toEqual(keys)
    expect(starts.length).toBeGreaterThan(new Set(starts).size)
  })

  it('opens a partition that comes back only after the work of its former assignment has ended', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const open = new Map<number, number>()
    let most = 0
    let isHeld = false
    const slow = copying(() => {
      let own = 0
      return {
        open: async ({ partition, committed, earliest }) => {
          own = partition
          open.set(own, (open.get(own) ?? 0) + 1)
          most = Math.max(most, ...open.values())
          const from = committed?.offset ?? earliest
          return { readFrom: from, publishFrom: from }
        },
        process: async records => {
          isHeld = true
          await held
          return copy(records)
        },
        close: () => {
          open.set(own, open.get(own)! - 1)
          return null
        },
      }
    })
    await using driver = await driverOf(slow)
    const piped = driver.pipeBytes('test.raw', 'ann', 'a')
    while (!isHeld) await new Promise(setImmediate)
    const rebalanced = (async () => {
      for (let times = 0; times < 3; times++) await driver.rebalance()
    })()
    for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate)
    release()
    await Promise.all([piped, rebalanced])
    await driver.advance(1_000)
    expect(new Set(await texts(driver, 'test.curated'))).toEqual(new Set(['a']))
    expect(most).toBe(1)
  })

  it('counts what retention took before it was read', async () => {
    let expired = 0
    const throughLog = (log: EventLog): EventLog => ({
      ...log,
      consumer: async options => {
        const consumer = await log.consumer(options)
        const poll = async (maxWaitMs: number): Promise<ConsumerEvent | null> => {
          const event = await consumer.poll(maxWaitMs)
          if (event?.type !== 'assigned') return event
          const assignments = event.assignments.map(assignment =>
            assignment.committed
              ? { ...assignment, earliest: assignment.committed.offset + expired, end: assignment.end + expired }
              : assignment,
          )
          return { type: 'assigned', assignments }
        }
        return new Proxy(consumer, { get: (target, name) => (name === 'poll' ? poll : Reflect.get(target, name)) })
      },
    })
    await using driver = await driverOf(copying(), { throughLog })
    await driver.pipeBytes('test.raw', 'ann', 'a', 'b')
    await driver.advance(10_000)
    expect(await samples(driver.metrics.recordsExpired)).toEqual({ 'test.raw': 0 })
    await driver.crash()
    expired = 40
    await driver.restart()
    expect(await samples(driver.metrics.recordsExpired)).toEqual({ 'test.raw': 40 })
  })
})
