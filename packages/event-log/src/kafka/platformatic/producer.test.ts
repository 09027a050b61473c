import { ManualClock } from '@millrace/runtime'
import { Reader, readRecordsBatches } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { silentLogger, text } from '../../../test/log-driver.ts'
import { ClientError } from '../kafka-errors.ts'
import { settingsOf } from '../kafka-options.ts'
import { IdempotentProducer } from './producer.ts'

const record = { key: text('k'), value: text('v'), timestampMs: 0 }

/** A producer whose broker answers as the test says, and what was sent to it. */
function setUp() {
  const sent: { producerId: bigint; sequence: number; count: number }[] = []
  const forgotten: string[] = []
  let answer: (partition: number) => unknown = partition => stored('t', partition)
  const cluster = {
    ask: async (_to: unknown, _api: unknown, _topic: string, partition: number, batch: Buffer) => {
      const [{ producerId, firstSequence, records } = {}] = readRecordsBatches(Reader.from(batch))
      sent.push({ producerId: producerId!, sequence: firstSequence!, count: records!.length })
      return answer(partition)
    },
    leader: async () => 1,
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
    forgotten,
    answerWith: (next: typeof answer) => {
      answer = next
    },
  }
}

const stored = (name: string, index: number, baseOffset = 40n) => ({
  responses: [{ name, partitionResponses: [{ index, baseOffset }] }],
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
    answerWith(partition => stored('t', partition, 43n))
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

  it.each([
    ['another partition', stored('t', 7)],
    ['another topic', stored('u', 0)],
    ['no offset', stored('t', 0, -1n)],
    ['nothing', { responses: [] }],
  ])('takes an answer about %s for none', async (_what, found) => {
    const { send, sent, answerWith } = setUp()
    answerWith(() => found)
    await expect(send(1)).rejects.toMatchObject({ facts: { isPassing: true } })
    answerWith(partition => stored('t', partition))
    await send(1)
    expect(sent.map(({ sequence }) => sequence)).toEqual([0, 0])
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
