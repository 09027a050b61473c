import { logError } from '@millrace/event-log'
import { waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { deadLetter, failedRecord } from '../src/index.ts'
import { away, committedOffset, copy, copying, driverOf, textOf, texts, withAppend } from './support.ts'

const retry = { firstDelayMs: 100, maxDelayMs: 1_000, deadlineMs: 60_000 }

describe('a sink that is away', () => {
  it('is tried again at growing intervals while readiness says why, and then everything is there, in order', async () => {
    let isAway = true
    const attemptsMs: number[] = []
    const writing = copying({
      process: records => {
        attemptsMs.push(driver.clock.now())
        if (isAway) throw away()
        return copy(records)
      },
    })
    await using driver = await driverOf(writing, { runner: { retry, random: () => 0.5 } })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.pipeBytes('test.raw', 'ann', 'b', 'c')
    await driver.advance(10_000)
    expect(driver.health.notReady()).toEqual({
      copier: expect.stringMatching(
        /^process of test\.raw\/\d failing for 10 s: The event log at the sink cannot be reached: it is away$/,
      ),
    })
    expect(driver.health.live()).toBe(true)
    expect(await committedOffset(driver)).toBeNull()
    const waits = attemptsMs.slice(1).map((at, n) => at - attemptsMs[n]!)
    expect(waits.slice(0, 5)).toEqual([75, 150, 300, 600, 750])

    isAway = false
    await driver.advance(2_500)
    expect(driver.health.notReady()).toBeNull()
    expect(await texts(driver, 'test.curated')).toEqual(['a', 'b', 'c'])
    expect(await committedOffset(driver)).toBe(3)
  })

  it('stops the runner with the error after the deadline, with nothing skipped or committed', async () => {
    const writing = copying({
      process: () => {
        throw away()
      },
    })
    await using driver = await driverOf(writing, { runner: { retry } })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    const { finished } = driver.runner
    await expect(driver.advance(70_000)).rejects.toMatchObject({
      code: 'gave_up',
      message: expect.stringMatching(
        /^Gave up on process of test\.raw\/\d after \d\d s and \d+ attempts: .*it is away$/,
      ),
      cause: { code: 'log_unavailable' },
    })
    await expect(finished).rejects.toMatchObject({ code: 'gave_up' })
    expect(driver.health.notReady()).toEqual({ copier: expect.stringMatching(/^stopped: .*Gave up/) })
    expect(await committedOffset(driver)).toBeNull()
  })

  it('does not keep other partitions from going on', async () => {
    const picky = copying({
      process: records => {
        if (records.some(record => textOf(record) === 'stuck')) throw away()
        return copy(records)
      },
    })
    await using driver = await driverOf(picky, { runner: { retry, concurrency: 1 } })
    await driver.pipeBytes('test.raw', 'ann', 'stuck')
    for (const key of ['bob', 'cem', 'dee', 'eva']) await driver.pipeBytes('test.raw', key, key)
    await driver.advance(2_000)
    expect((await texts(driver, 'test.curated')).length).toBeGreaterThan(0)
  })
})

describe('an error that nobody knows', () => {
  it('stops the runner, which commits nothing more, and is never skipped', async () => {
    let isBroken = true
    const breaking = copying({
      process: records => {
        if (isBroken && records.some(record => textOf(record) === 'b')) throw new TypeError('x is not a function')
        return copy(records)
      },
    })
    await using driver = await driverOf(breaking)
    await driver.pipeBytes('test.raw', 'ann', 'a')
    const { finished } = driver.runner
    await expect(driver.pipeBytes('test.raw', 'ann', 'b', 'c')).rejects.toThrow('x is not a function')
    await expect(finished).rejects.toThrow('x is not a function')
    expect(await committedOffset(driver)).toBeNull()
    await driver.crash()
    isBroken = false
    await driver.restart()
    expect(await texts(driver, 'test.curated')).toEqual(['a', 'a', 'b', 'c'])
  })

  it('is told with the place where a keyed step met it', async () => {
    const { createKeyedProcessor, ok } = await import('../src/index.ts')
    const keyed = {
      ...copying(),
      createProcessor: () =>
        createKeyedProcessor({
          service: 'copier',
          decode: (_, record) => ok(textOf(record)),
          keyOf: text => text,
          eventTimeOf: () => driver.clock.now(),
          horizonMs: 1,
          allowedLatenessMs: 1,
          newState: () => ({}),
          onRecord: (_, text) => {
            if (text === 'b') throw away()
            return undefined
          },
        }),
    }
    await using driver = await driverOf(keyed)
    await expect(driver.pipeBytes('test.raw', 'ann', 'a', 'b')).rejects.toMatchObject({
      code: 'step_failed',
      retryable: false,
      message: expect.stringMatching(/^A step of copier failed on test\.raw\/\d at offset 1: /),
    })
  })
})

describe('a log that does not take outputs', () => {
  it('gets the same bytes again, and no later output overtakes one of the same partition', async () => {
    const refusals = new Map([
      ['a', 2],
      ['c', 1],
    ])
    const sent: string[] = []
    // As a log does: where a record is not stored, nothing behind it in its partition is.
    const throughLog = withAppend(append => async (topic, records, how) => {
      const all = records.map(textOf)
      sent.push(all.join(''))
      const refused = all.find(text => (refusals.get(text) ?? 0) > 0)
      const storable = refused === undefined ? records.length : all.indexOf(refused)
      if (refused !== undefined) refusals.set(refused, refusals.get(refused)! - 1)
      const error = logError('append_timeout', { topic, partition: 0 })
      const stored = await append(topic, records.slice(0, storable), how)
      return [...stored, ...records.slice(storable).map(() => ({ ok: false, error }) as const)]
    })
    await using driver = await driverOf(copying(), { throughLog, runner: { retry } })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.pipeBytes('test.raw', 'ann', 'b')
    await driver.pipeBytes('test.raw', 'ann', 'c')
    await driver.advance(5_000)
    expect(await texts(driver, 'test.curated')).toEqual(['a', 'b', 'c'])
    expect(sent).toEqual(['a', 'a', 'a', 'bc', 'c'])
    expect(await committedOffset(driver)).toBe(3)
  })

  it('holds the offset as long as a failed event is not stored', async () => {
    let isAway = true
    const throughLog = withAppend(
      append => async (topic, records, how) =>
        topic === 'failed-events' && isAway
          ? records.map(() => ({ ok: false, error: logError('append_timeout', { topic, partition: 0 }) }))
          : append(topic, records, how),
    )
    const refusing = copying({
      process: records => ({
        emits: [],
        failed: records.map(record => failedRecord(record, deadLetter('no', 'no'))),
        done: records.at(-1)!.offset + 1,
      }),
    })
    await using driver = await driverOf(refusing, { throughLog, runner: { retry } })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.advance(5_000)
    expect(await committedOffset(driver)).toBeNull()
    expect(driver.health.notReady()).not.toBeNull()
    isAway = false
    await driver.advance(2_500)
    expect(await driver.failed()).toHaveLength(1)
    expect(await committedOffset(driver)).toBe(1)
  })

  it('stops the runner where it says that it never will', async () => {
    const throughLog = withAppend(
      () => async (what, records) =>
        records.map(() => ({ ok: false, error: logError('log_refused', { what, reason: 'not permitted' }) })),
    )
    await using driver = await driverOf(copying(), { throughLog })
    await expect(driver.pipeBytes('test.raw', 'ann', 'a')).rejects.toMatchObject({ code: 'log_refused' })
    await driver.crash()
    expect(await committedOffset(driver)).toBeNull()
  })

  it('is waited for while it lacks the topic of an output', async () => {
    let hasTopic = false
    const throughLog = withAppend(append => async (topic, records, options) => {
      if (hasTopic) return append(topic, records, options)
      return records.map(() => ({ ok: false, error: logError('unknown_topic', { topic }) }))
    })
    await using driver = await driverOf(copying(), { throughLog, runner: { retry } })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.advance(5_000)
    expect(driver.health.notReady()?.copier).toMatch(
      /^append to test\.curated of .* failing for \d s: Waiting for the topics/,
    )
    expect(await committedOffset(driver)).toBeNull()
    hasTopic = true
    await driver.advance(10_000)
    expect(await texts(driver, 'test.curated')).toEqual(['a'])
    expect(await committedOffset(driver)).toBe(1)
  })
})

describe('a log that cannot be reached', () => {
  it('is waited for when the runner starts', async () => {
    let isAway = true
    await using driver = await driverOf(copying(), {
      runner: { retry },
      throughLog: log => ({
        ...log,
        consumer: async options => {
          if (isAway) throw logError('log_unavailable', { where: 'k:9092', reason: 'no answer' })
          return log.consumer(options)
        },
      }),
    })
    expect(driver.health.notReady()?.copier).toMatch(/^joining the group failing for 0 s: .*k:9092.*no answer$/)
    isAway = false
    await driver.advance(1_000)
    expect(driver.health.notReady()).toBeNull()
    await driver.pipeBytes('test.raw', 'ann', 'a')
    expect(await texts(driver, 'test.curated')).toEqual(['a'])
  })

  it('is waited for while it has no topics yet', async () => {
    let hasTopics = false
    await using driver = await driverOf(copying(), {
      runner: { retry },
      throughLog: log => ({
        ...log,
        consumer: async options => {
          if (!hasTopics) throw logError('unknown_topic', { topic: 'test.raw' })
          return log.consumer(options)
        },
      }),
    })
    await driver.advance(5_000)
    expect(driver.health.notReady()?.copier).toMatch(/^joining the group failing for \d s: Waiting for .*test\.raw/)
    expect(driver.health.live()).toBe(true)
    hasTopics = true
    await driver.advance(1_000)
    expect(driver.health.notReady()).toBeNull()
  })

  it('is told by readiness also while there is nothing to do', async () => {
    let answer: 'yes' | 'no' | 'never' = 'yes'
    await using driver = await driverOf(copying(), {
      throughLog: log => ({
        ...log,
        ping: () =>
          answer === 'yes'
            ? Promise.resolve()
            : answer === 'never'
              ? new Promise(() => {})
              : Promise.reject(logError('log_unavailable', { where: 'k:9092', reason: 'no answer' })),
      }),
    })
    await driver.advance(20_000)
    expect(driver.health.notReady()).toBeNull()
    answer = 'no'
    await driver.advance(10_000)
    expect(driver.health.notReady()?.copier).toMatch(/^the log has not answered for 1\d s: .*k:9092.*no answer$/)
    answer = 'yes'
    await driver.advance(5_500)
    // Asking is not work that the driver waits for.
    await waitUntil(() => driver.health.notReady() === null, { what: 'the log to answer', deadlineMs: 60_000 })
    answer = 'never'
    await driver.advance(12_000)
    expect(driver.health.notReady()?.copier).toMatch(/^the log has not answered for 1\d s$/)
    expect(driver.health.live()).toBe(true)
  })

  it('delays commits, which readiness tells, and gets them when it is back', async () => {
    let isAway = true
    await using driver = await driverOf(copying(), {
      runner: { retry },
      throughLog: log => ({
        ...log,
        consumer: async options => {
          const consumer = await log.consumer(options)
          return {
            ...consumer,
            commit: async positions => {
              if (isAway) throw logError('log_unavailable', { where: 'k:9092', reason: 'no answer' })
              await consumer.commit(positions)
            },
          }
        },
      }),
    })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.advance(5_000)
    expect(driver.health.notReady()?.copier).toMatch(/^commit failing for 4 s: /)
    isAway = false
    await driver.advance(1_000)
    expect(driver.health.notReady()).toBeNull()
    expect(await committedOffset(driver)).toBe(1)
  })

  it('goes on to commit the partitions of which it does not say that they are fenced', async () => {
    let fenced: number | null = null
    await using driver = await driverOf(copying(), {
      throughLog: log => ({
        ...log,
        consumer: async options => {
          const consumer = await log.consumer(options)
          return {
            ...consumer,
            commit: async positions => {
              const lost = positions.find(({ partition }) => partition === fenced)
              if (lost) throw logError('fenced', { ...lost })
              await consumer.commit(positions)
            },
          }
        },
      }),
    })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    await driver.advance(2_000)
    const [partition] = [...(await driver.committed('test.raw')).keys()]
    fenced = partition!
    for (const key of ['ann', 'bob', 'cem', 'dee']) await driver.pipeBytes('test.raw', key, key)
    await driver.advance(5_000)
    const ends = new Map((await driver.log.range('test.raw')).map(range => [range.partition, range.end]))
    const committed = await driver.committed('test.raw')
    for (const [at, end] of ends)
      if (end > 0) expect(committed.get(at)?.offset, `partition ${at}`).toBe(at === fenced ? 1 : end)
    expect([...ends.values()].filter(end => end > 0).length).toBeGreaterThan(1)
  })

  it('makes the process count as stuck only when the loop no longer turns', async () => {
    let isStuck = false
    await using driver = await driverOf(copying(), {
      throughLog: log => ({
        ...log,
        consumer: async options => {
          const consumer = await log.consumer(options)
          return { ...consumer, poll: maxWaitMs => (isStuck ? new Promise(() => {}) : consumer.poll(maxWaitMs)) }
        },
      }),
    })
    await driver.advance(120_000)
    expect(driver.health.live()).toBe(true)
    isStuck = true
    await driver.advance(250)
    await driver.clock.advance(61_000)
    expect(driver.health.live()).toBe(false)
    await driver.crash()
  })
})
