import { ManualClock } from '@millrace/runtime'
import { Reader, readRecordsBatches } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { silentLogger, text } from '../../../test/log-driver.ts'
import { ClientError } from '../kafka-errors.ts'
import { settingsOf } from '../kafka-options.ts'
import { IdempotentProducer } from './producer.ts'
import type { PartitionBatch, StoreAnswer } from './record-requests.ts'

const record = { key: text('k'), value: text('v'), timestampMs: 0 }

type Answer = Partial<StoreAnswer>

/** A producer whose broker answers as the test says, and what was sent to it. */
function setUp() {
  const sent: { producerId: bigint; sequence: number; count: number }[] = []
  const requests: (readonly number[])[] = []
  const forgotten: string[] = []
  let answer: (partition: number) => Answer | null = stored
  const cluster = {
    async ask(_to: unknown, _api: unknown, batches: readonly PartitionBatch[]) {
      requests.push(batches.map(({ partition }) => partition))
      for (const { batch } of batches) {
        const [{ producerId, firstSequence, records } = {}] = readRecordsBatches(Reader.from(batch))
        sent.push({ producerId: producerId!, sequence: firstSequence!, count: records!.length })
      }
      return batches.flatMap(({ topic, partition }) => {
        const found = answer(partition)
        return found ? [{ topic, partition, error: null, ...found }] : []
      })
    },
    leader: async (_topic: string, partition: number) => (partition < 10 ? 1 : 2),
    forget: (topic: string) => void forgotten.push(topic),
    close: () => {},
  } as unknown as ConstructorParameters<typeof IdempotentProducer>[1]
  const settings = settingsOf({ brokers: [], clientId: 'c', clock: new ManualClock(), logger: silentLogger })
  const producer = new IdempotentProducer(settings, cluster, { producerId: 9n, producerEpoch: 0 })
  const send = (count: number, partition = 0) =>
    producer.send(
      { topic: 't', partition },
      Array.from({ length: count }, () => record),
    )
  return {
    send,
    sent,
    requests,
    forgotten,
    answerWith: (next: typeof answer) => {
      answer = next
    },
  }
}

const stored = (_partition: number, offset = 40): Answer => ({ offset })
const refused = (facts: ConstructorParameters<typeof ClientError>[1]): Answer => ({
  offset: -1,
  error: new ClientError('no', facts),
})
const fails = (facts: ConstructorParameters<typeof ClientError>[1]) => () => {
  throw new ClientError('no', facts)
}

describe('an idempotent producer', () => {
  it('counts the records of each partition on its own', async () => {
    const { send, sent } = setUp()
    expect(await send(3)).toBe(40)
    await send(2)
    await send(5, 1)
    await send(1)
    expect(sent.map(({ sequence }) => sequence)).toEqual([0, 3, 0, 5])
  })

  it('sends a batch again with the same numbers, and goes on behind it when it is stored', async () => {
    const { send, sent, answerWith, forgotten } = setUp()
    await send(3)
    answerWith(fails({ isPassing: true }))
    await expect(send(2)).rejects.toThrow('no')
    await expect(send(2)).rejects.toThrow('no')
    expect(forgotten).toEqual(['t', 't'])
    answerWith(partition => stored(partition, 43))
    expect(await send(2)).toBe(43)
    await send(1)
    expect(sent.map(({ sequence, count }) => [sequence, count])).toEqual([
      [0, 3],
      [3, 2],
      [3, 2],
      [3, 2],
      [5, 1],
    ])
    expect(new Set(sent.map(({ producerId }) => producerId))).toEqual(new Set([9n]))
  })

  it.each<[string, Answer | null]>([
    ['another partition', { partition: 7, offset: 40 }],
    ['another topic', { topic: 'u', offset: 40 }],
    ['no offset', { offset: -1 }],
    ['nothing', null],
  ])('takes an answer about %s for none', async (_what, found) => {
    const { send, sent, answerWith } = setUp()
    answerWith(() => found)
    await expect(send(1)).rejects.toMatchObject({ facts: { isPassing: true } })
    answerWith(stored)
    await send(1)
    expect(sent.map(({ sequence }) => sequence)).toEqual([0, 0])
  })

  it('sends what comes in the same turn in one request to each broker', async () => {
    const { send, requests } = setUp()
    await Promise.all([send(1, 0), send(1, 11), send(1, 3), send(1, 12)])
    await send(1, 5)
    expect(requests).toEqual([[0, 3], [11, 12], [5]])
  })

  it('tells each partition what became of its own batch, and goes on with its own numbers', async () => {
    const { send, sent, forgotten, answerWith } = setUp()
    const both = () => Promise.allSettled([send(2, 0), send(3, 1)])
    answerWith(partition =>
      partition === 0 ? stored(0, 70) : refused({ type: 'NOT_ENOUGH_REPLICAS', isPassing: true }),
    )
    expect(await both()).toMatchObject([{ value: 70 }, { reason: { facts: { type: 'NOT_ENOUGH_REPLICAS' } } }])
    answerWith(stored)
    await both()
    expect(sent.map(({ sequence }) => sequence)).toEqual([0, 0, 2, 0])
    answerWith(fails({ isPassing: true }))
    expect((await both()).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(forgotten).toEqual(['t', 't'])
  })

  it('asks for the leader again when it was the wrong one, and not when the batch was refused', async () => {
    const { send, answerWith, forgotten } = setUp()
    answerWith(fails({ type: 'NOT_LEADER_OR_FOLLOWER', isPassing: true }))
    await expect(send(1)).rejects.toThrow()
    answerWith(fails({ type: 'MESSAGE_TOO_LARGE' }))
    await expect(send(1)).rejects.toThrow()
    expect(forgotten).toEqual(['t'])
  })
})
