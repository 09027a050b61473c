import type { EventLog, LogRecord } from '@millrace/event-log'
import { describe, expect, it } from 'vitest'
import { away, committedOffset, copy, copying, driverOf, gate, textOf, texts } from './support.ts'

const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise(setImmediate)
}

describe('a stop', () => {
  it('closes the processor, and stores and commits what it had at hand', async () => {
    const closes: string[] = []
    const holding = copying(() => {
      const atHand: LogRecord[] = []
      return {
        process: records => {
          atHand.push(...records)
          return { emits: [], failed: [], done: null }
        },
        close: reason => {
          closes.push(reason)
          return atHand.length === 0 ? null : copy(atHand)
        },
      }
    })
    await using driver = await driverOf(holding)
    await driver.pipeBytes('test.raw', 'ann', 'a', 'b')
    await driver.advance(3_000)
    expect(await committedOffset(driver)).toBeNull()
    const { finished } = driver.runner
    await driver.restart()

    await expect(finished).resolves.toBeUndefined()
    expect(closes).toEqual(Array(6).fill('stopping'))
    expect(await texts(driver, 'test.curated')).toEqual(['a', 'b'])
    expect(await committedOffset(driver)).toBe(2)
  })

  it('finishes the batch at hand, leaves the others to the next one, and repeats nothing', async () => {
    const begun: string[] = []
    const { opened, open } = gate()
    const slow = copying({
      process: async records => {
        begun.push(records.map(textOf).join(''))
        await opened
        return copy(records)
      },
    })
    await using driver = await driverOf(slow)
    const piped = driver.pipeBytes('test.raw', 'ann', 'a').then(() => {})
    while (begun.length === 0) await turns(1)
    const more = driver.pipeBytes('test.raw', 'ann', 'b')
    while ((await driver.records('test.raw')).length < 2) await turns(1)
    const { runner } = driver
    const stopped = runner.stop()
    await turns(20)
    open()
    await stopped
    expect(begun).toEqual(['a'])
    expect(await texts(driver, 'test.curated')).toEqual(['a'])
    expect(await committedOffset(driver)).toBe(1)

    await driver.crash()
    await driver.restart()
    await Promise.all([piped, more])
    expect(begun).toEqual(['a', 'b'])
    expect(await texts(driver, 'test.curated')).toEqual(['a', 'b'])
  })

  it('ends at its deadline where a step never returns, commits what is finished, and leaves the group', async () => {
    let isHanging = false
    const hanging = copying({
      process: records => {
        isHanging = records.some(record => textOf(record) === 'hang')
        return isHanging ? new Promise(() => {}) : copy(records)
      },
    })
    await using driver = await driverOf(hanging, { runner: { drainDeadlineMs: 5_000 } })
    await driver.pipeBytes('test.raw', 'ann', 'a')
    const hung = driver.pipeBytes('test.raw', 'ann', 'hang').catch(() => {})
    while (!isHanging) await turns(1)
    const { runner } = driver
    let isStopped = false
    const stopped = runner.stop().then(() => {
      isStopped = true
    })
    await driver.clock.advance(4_900)
    expect(isStopped).toBe(false)
    await driver.clock.advance(3_000)
    await stopped
    expect(await committedOffset(driver)).toBe(1)

    // Another member gets the partitions at once.
    const next = await driver.log.consumer({ group: 'copier', topics: ['test.raw'], clientId: 'next' })
    const event = await next.poll(0)
    expect(event?.type === 'assigned' && event.assignments.length).toBe(6)
    await next.close()
    await driver.crash()
    await hung
  })

  it('does not wait for its deadline where everything goes well, and lasts as long as retries need within it', async () => {
    let isAway = true
    const writing = copying({
      process: records => {
        if (isAway) throw away()
        return copy(records)
      },
    })
    await using driver = await driverOf(writing)
    await driver.pipeBytes('test.raw', 'ann', 'a')
    const beganMs = driver.clock.now()
    const stopping = driver.restart()
    await turns(20)
    isAway = false
    await stopping
    expect(driver.clock.now() - beganMs).toBeLessThan(10_000)
    expect(await texts(driver, 'test.curated')).toEqual(['a'])
    expect(await committedOffset(driver)).toBe(1)
  })
})

describe('a slow sink', () => {
  it('pauses its partition when the budget is used up, goes on when there is room, and does not hold up the others', async () => {
    const { opened, open } = gate()
    const slow = copying({
      process: async records => {
        if (textOf(records[0]!).startsWith('slow')) await opened
        return copy(records)
      },
    })
    let inFlightBytes = async (): Promise<number> => 0
    let mostBytes = 0
    const decided = gate()
    const throughLog = (log: EventLog): EventLog => ({
      ...log,
      consumer: async options => {
        const consumer = await log.consumer(options)
        return {
          ...consumer,
          pause: partitions => {
            consumer.pause(partitions)
            decided.open()
          },
          poll: async maxWaitMs => {
            mostBytes = Math.max(mostBytes, await inFlightBytes())
            if (mostBytes > 80_000) decided.open()
            return consumer.poll(maxWaitMs)
          },
        }
      },
    })
    // Records of 1 kB come in batches of about 2 kB.
    const runner = { maxInFlightBytes: 60_000, maxBatchBytes: 2_000 }
    await using driver = await driverOf(slow, { runner, throughLog })
    inFlightBytes = async () => (await driver.metrics.inFlightBytes.get()).values[0]?.value ?? 0
    const pad = 'x'.repeat(1_000)
    const producer = await driver.log.producer({ clientId: 'test' })
    const send = (key: string, text: string) =>
      producer.append('test.raw', [{ key: Buffer.from(key), value: Buffer.from(text), timestampMs: 0 }], {
        deadlineMs: 1_000,
      })
    for (let n = 0; n < 100; n++) await send('ann', `slow ${n} ${pad}`)
    await decided.opened
    expect(mostBytes).toBeGreaterThan(58_000)
    expect(mostBytes).toBeLessThan(62_000)

    for (const key of ['bob', 'cem', 'dee', 'eva']) await send(key, `quick ${key}`)
    while ((await texts(driver, 'test.curated')).length === 0) await turns(1)

    open()
    await driver.advance(1_000)
    const out = (await texts(driver, 'test.curated')).filter(text => text.startsWith('slow'))
    expect(out.map(text => Number(text.split(' ')[1]))).toEqual(Array.from({ length: 100 }, (_, n) => n))
    // Now what was made of the records counts too, until it is stored.
    expect(mostBytes).toBeLessThan(125_000)
  })
})
