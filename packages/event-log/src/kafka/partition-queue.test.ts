import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { silentLogger, text } from '../../test/log-driver.ts'
import { AppendCall } from '../append-call.ts'
import { Deadlines } from '../deadlines.ts'
import { ClientError } from './kafka-errors.ts'
import { type KafkaEventLogOptions, settingsOf } from './kafka-options.ts'
import { Linger } from './linger.ts'
import { PartitionQueue, type ProducerSource, type SharedProducer } from './partition-queue.ts'

interface Attempt {
  readonly producer: number
  readonly values: readonly string[]
  readonly answer: (firstOffset: number) => void
  readonly fail: (facts: ConstructorParameters<typeof ClientError>[1]) => void
}

/** Producers whose answers the test gives. */
class ScriptedProducers implements ProducerSource {
  readonly attempts: Attempt[] = []
  users = 0
  #producer = 1

  async acquire(): Promise<SharedProducer> {
    const producer = this.#producer
    this.users++
    return {
      acquire: () => void this.users++,
      release: () => void this.users--,
      send: (_to, records) =>
        new Promise((answer, reject) => {
          const values = records.map(record => record.value.toString().trim())
          this.attempts.push({ producer, values, answer, fail: facts => reject(new ClientError('no', facts)) })
        }),
    }
  }

  async replace(): Promise<void> {
    this.#producer++
  }
}

const PASSING = { isPassing: true, type: 'REQUEST_TIMED_OUT' }

function setUp(more: Partial<KafkaEventLogOptions> = {}) {
  const clock = new ManualClock()
  const producers = new ScriptedProducers()
  let held = 0
  const settings = settingsOf({ brokers: [], clientId: 'c', clock, logger: silentLogger, lingerMs: 5, ...more })
  const queue = new PartitionQueue({
    topic: 't',
    partition: 3,
    producers,
    linger: new Linger(clock, settings.lingerMs),
    maxMessageBytes: 1 << 20,
    settings,
    onAnswered: bytes => {
      held -= bytes
    },
  })
  const deadlines = new Deadlines(clock)
  const append = (values: readonly string[], deadlineMs = 60_000) => {
    const call = new AppendCall('t', values.length, () => queue.dropExpired())
    const records = values.map(value => ({ key: text('k'), value: text(value), timestampMs: 0 }))
    const share = call.share(records, { maxMessageBytes: 1 << 20, partitionOf: () => 3 }).get(3)!
    held += share.bytes
    const refusal = queue.push(share, deadlineMs)
    if (refusal) {
      held -= share.bytes
      call.fail(share, refusal)
    }
    return call
      .answer(deadlines, deadlineMs)
      .then(results => results.map(result => (result.ok ? result.offset : result.error.code)))
  }
  return { clock, producers, queue, append, held: () => held }
}

describe('the send queue of a partition', () => {
  it('waits for the linger, then sends what has come together in one batch', async () => {
    const { clock, producers, append, held } = setUp()
    const results = Promise.all([append(['a', 'b']), append(['c'])])
    await clock.advance(4)
    expect(producers.attempts).toEqual([])
    await clock.advance(1)
    expect(producers.attempts).toMatchObject([{ values: ['a', 'b', 'c'] }])
    producers.attempts[0]!.answer(40)
    expect(await results).toEqual([[40, 41], [42]])
    expect(held()).toBe(0)
    await clock.advance(0)
    expect(producers.users).toBe(0)
  })

  it('has one batch outstanding; what comes meanwhile follows together, in batches of a bounded size', async () => {
    const { clock, producers, append } = setUp({ lingerMs: 0, maxBatchRecords: 3 })
    const first = append(['a'])
    await clock.advance(0)
    const rest = [append(['b', 'c', 'd', 'e']), append(['f'])]
    await clock.advance(1_000)
    expect(producers.attempts).toHaveLength(1)
    producers.attempts[0]!.answer(0)
    expect(await first).toEqual([0])
    await clock.advance(0)
    expect(producers.attempts[1]).toMatchObject({ values: ['b', 'c', 'd'] })
    producers.attempts[1]!.answer(1)
    await clock.advance(0)
    expect(producers.attempts[2]).toMatchObject({ values: ['e', 'f'] })
    producers.attempts[2]!.answer(4)
    expect(await Promise.all(rest)).toEqual([[1, 2, 3, 4], [5]])
    expect(producers.attempts).toHaveLength(3)
  })

  it.each(Array.from({ length: 24 }, (_, turns) => turns))(
    'sends what is pushed %i turns after the answer to its last batch, with nothing to follow',
    async turns => {
      const { clock, producers, append } = setUp()
      const first = append(['a'])
      await clock.advance(5)
      producers.attempts[0]!.answer(0)
      for (let turn = 0; turn < turns; turn++) await null
      const second = append(['b'])
      await clock.advance(5)
      expect(producers.attempts[1]).toMatchObject({ values: ['b'] })
      producers.attempts[1]!.answer(1)
      expect(await Promise.all([first, second])).toEqual([[0], [1]])
    },
  )

  it('tries the same batch again with the same producer, whatever came meanwhile', async () => {
    const { clock, producers, append } = setUp({ lingerMs: 0 })
    const first = append(['a'])
    await clock.advance(0)
    const second = append(['b'])
    producers.attempts[0]!.fail(PASSING)
    await clock.advance(100)
    expect(producers.attempts[1]).toMatchObject({ values: ['a'], producer: 1 })
    producers.attempts[1]!.answer(7)
    expect(await first).toEqual([7])
    await clock.advance(0)
    producers.attempts[2]!.answer(8)
    expect(await second).toEqual([8])
  })

  it('gives a batch up when nobody waits for it any more, and goes on with another producer', async () => {
    const { clock, producers, append, held } = setUp({ lingerMs: 0 })
    const first = append(['a'], 1_000)
    await clock.advance(0)
    const second = append(['b'], 10_000)
    await clock.advance(1_000)
    expect(await first).toEqual(['append_timeout'])
    await clock.advance(0)
    expect(producers.attempts).toMatchObject([
      { values: ['a'], producer: 1 },
      { values: ['b'], producer: 2 },
    ])
    // The answer to the first one comes late: it changes nothing.
    producers.attempts[0]!.answer(0)
    producers.attempts[1]!.answer(1)
    expect(await second).toEqual([1])
    await clock.advance(0)
    expect(held()).toBe(0)
    expect(producers.users).toBe(0)
  })

  it('replaces the producer also when a failed batch is given up between two attempts', async () => {
    const { clock, producers, append } = setUp({ lingerMs: 0 })
    const first = append(['a'], 60)
    await clock.advance(0)
    producers.attempts[0]!.fail(PASSING)
    await clock.advance(50)
    producers.attempts[1]!.fail(PASSING)
    await clock.advance(20)
    expect(await first).toEqual(['append_timeout'])
    const second = append(['b'])
    await clock.advance(0)
    expect(producers.attempts[2]).toMatchObject({ values: ['b'], producer: 2 })
    producers.attempts[2]!.answer(1)
    expect(await second).toEqual([1])
  })

  it('goes on for those who still wait when others in the batch do not', async () => {
    const { clock, producers, append } = setUp()
    const results = [append(['a'], 1_000), append(['b'], 10_000)]
    await clock.advance(5)
    await clock.advance(1_000)
    producers.attempts[0]!.answer(3)
    expect(await Promise.all(results)).toEqual([['append_timeout'], [4]])
    expect(producers.attempts).toHaveLength(1)
  })

  it('never sends what nobody waited for any more, and gives its bytes back', async () => {
    const { clock, producers, append, held } = setUp({ lingerMs: 0 })
    const first = append(['a'], 10_000)
    await clock.advance(0)
    const second = append(['b'], 500)
    await clock.advance(500)
    expect(await second).toEqual(['append_timeout'])
    producers.attempts[0]!.answer(0)
    expect(await first).toEqual([0])
    await clock.advance(0)
    expect(producers.attempts).toHaveLength(1)
    expect(held()).toBe(0)
  })

  it('takes a new producer when the broker does not know the sequence of the old one', async () => {
    const { clock, producers, append } = setUp({ lingerMs: 0 })
    const first = append(['a'])
    await clock.advance(0)
    producers.attempts[0]!.fail({ type: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    await clock.advance(100)
    expect(producers.attempts[1]).toMatchObject({ values: ['a'], producer: 2 })
    producers.attempts[1]!.answer(0)
    expect(await first).toEqual([0])
  })

  it('halves a batch that the broker finds too large, down to the record that is', async () => {
    const { clock, producers, append, held } = setUp()
    const results = [append(['a', 'b', 'LARGE']), append(['d', 'e'])]
    let offset = 0
    await clock.advance(5)
    for (let next = 0; next < producers.attempts.length; next++) {
      const { values, answer, fail } = producers.attempts[next]!
      if (values.includes('LARGE')) fail({ type: 'MESSAGE_TOO_LARGE' })
      else {
        answer(offset)
        offset += values.length
      }
      await clock.advance(0)
    }
    expect(await Promise.all(results)).toEqual([
      [0, 1, 'record_too_large'],
      [2, 3],
    ])
    expect(held()).toBe(0)
  })

  it('answers a refusal at once, and goes on with the next batch', async () => {
    const { clock, producers, append } = setUp({ lingerMs: 0 })
    const first = append(['a'])
    await clock.advance(0)
    const second = append(['b'])
    producers.attempts[0]!.fail({ type: 'TOPIC_AUTHORIZATION_FAILED' })
    expect(await first).toEqual(['log_refused'])
    await clock.advance(0)
    producers.attempts[1]!.answer(0)
    expect(await second).toEqual([0])
  })

  it('refuses at once what would wait too long behind a slow broker, and takes it when the broker is quick again', async () => {
    const { clock, producers, append, held } = setUp({ lingerMs: 0 })
    const value = 'x'.repeat(100_000)
    const slow = Promise.all(Array.from({ length: 10 }, () => append([value], 4_000)))
    await clock.advance(3_000)
    producers.attempts[0]!.answer(0)
    await clock.advance(1_100)
    expect(new Set((await slow).flat())).toEqual(new Set([0, 'append_timeout']))
    const burst = Promise.all(Array.from({ length: 10 }, () => append([value], 4_000)))
    await clock.advance(0)
    producers.attempts.at(-1)!.answer(40)
    await clock.advance(0)
    producers.attempts.at(-1)!.answer(50)
    for (let turns = 0; turns < 10; turns++) {
      await clock.advance(0)
      producers.attempts.at(-1)!.answer(60)
    }
    const refused = (await burst).flat().filter(result => result === 'log_saturated').length
    expect(refused).toBeGreaterThan(3)
    expect(refused).toBeLessThan(10)
    expect(held()).toBe(0)
    for (let times = 0; times < 40; times++) {
      const again = append([value], 4_000)
      await clock.advance(0)
      producers.attempts.at(-1)!.answer(100 + times)
      expect(await again).toEqual([100 + times])
    }
    const wide = Promise.all(Array.from({ length: 5 }, () => append([value], 4_000)))
    for (let turns = 0; turns < 10; turns++) {
      await clock.advance(0)
      producers.attempts.at(-1)!.answer(200)
    }
    expect((await wide).flat()).not.toContain('log_saturated')
  })
})
