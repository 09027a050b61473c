import { fetchV12, NumericMap, produceV9, Reader, Writer as RequestWriter, type Writer } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { text } from '../../../test/log-driver.ts'
import { clientError } from './client-errors.ts'
import { encodeBatch } from './record-batch.ts'
import { fetchBatches, produceBatches, type StoreAnswer } from './record-requests.ts'

/** What goes out when a request is made, and what comes of an answer. */
function exchange(api: typeof produceBatches | typeof fetchBatches, args: readonly unknown[], answer?: Buffer) {
  let request: Buffer | undefined
  let parsed: unknown
  const connection = {
    send(apiKey: number, version: number, create: () => Writer, parse: typeof produceV9.parseResponse) {
      request = create().buffer
      if (answer) parsed = parse(0, apiKey, version, Reader.from(answer))
    },
  }
  ;(api as unknown as (...all: unknown[]) => void)(connection, ...args)
  return { request: request!, parsed }
}

describe('the requests for records', () => {
  it('say the same as those of the library', async () => {
    const record = { key: text('k'), value: text('v'), timestampMs: 1_700_000_000_000 }
    const identity = { producerId: 9n, producerEpoch: 2, sequence: 5 }
    const batch = await encodeBatch([record, record], { ...identity, compression: 'none' })
    // The broker sets the leader's epoch; the library writes another value for "not set".
    batch.writeInt32BE(0, 12)
    const { request } = exchange(produceBatches, [
      [
        { topic: 'topic', partition: 3, batch },
        { topic: 'topic', partition: 5, batch },
      ],
      4_000,
    ])
    const { key, value, timestampMs } = record
    const message = { key, value, topic: 'topic', partition: 3, timestamp: BigInt(timestampMs), headers: new Map() }
    const messages = [3, 3, 5, 5].map(partition => ({ ...message, partition }))
    const theirs = produceV9.createRequest(-1, 4_000, messages, {
      producerId: 9n,
      producerEpoch: 2,
      sequences: new NumericMap([
        ['topic:3', 5],
        ['topic:5', 5],
      ]),
    })
    expect(request).toEqual(theirs.buffer)

    const limits = { maxWaitMs: 250, maxBytes: 10_000, maxPartitionBytes: 1_000 }
    const positions = [
      { topic: 'a', partition: 0, offset: 7 },
      { topic: 'b', partition: 1, offset: 8 },
      { topic: 'a', partition: 2, offset: 9 },
    ]
    const wanted = (partition: number, fetchOffset: bigint) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset,
      lastFetchedEpoch: -1,
      partitionMaxBytes: 1_000,
    })
    const topics = [
      { topicId: 'a', partitions: [wanted(0, 7n), wanted(2, 9n)] },
      { topicId: 'b', partitions: [wanted(1, 8n)] },
    ]
    expect(exchange(fetchBatches, [limits, positions]).request).toEqual(
      fetchV12.createRequest(250, 1, 10_000, 1, 0, -1, topics, [], '').buffer,
    )
  })

  it('give every partition its own answer, with what the broker says of a record', () => {
    const partitions = [
      { index: 0, errorCode: 0, offset: 70n, records: [], message: null },
      { index: 3, errorCode: 87, offset: -1n, records: [{ index: 1, text: 'one field too many' }], message: null },
      { index: 4, errorCode: 6, offset: -1n, records: [], message: null },
    ]
    const answer = RequestWriter.create()
      .appendArray(['a'], (outer, topic) =>
        outer.appendString(topic).appendArray(partitions, (inner, { index, errorCode, offset, records, message }) =>
          inner
            .appendInt32(index)
            .appendInt16(errorCode)
            .appendInt64(offset)
            .appendInt64(-1n)
            .appendInt64(0n)
            .appendArray(records, (w, one) => w.appendInt32(one.index).appendString(one.text))
            .appendString(message),
        ),
      )
      .appendInt32(0)
      .appendTaggedFields().buffer
    const { parsed } = exchange(produceBatches, [[], 1], answer)
    expect(parsed).toMatchObject([
      { topic: 'a', partition: 0, offset: 70, error: null },
      { topic: 'a', partition: 3, offset: -1 },
      { topic: 'a', partition: 4, offset: -1 },
    ])
    const [, invalid, moved] = parsed as readonly StoreAnswer[]
    expect(clientError(invalid!.error)).toMatchObject({ facts: { type: 'INVALID_RECORD', isPassing: false } })
    expect(clientError(invalid!.error).message).toContain('one field too many')
    expect(clientError(moved!.error)).toMatchObject({ facts: { type: 'NOT_LEADER_OR_FOLLOWER', isPassing: true } })
    expect(() => produceV9.parseResponse(0, 0, 9, Reader.from(answer))).toThrow('Received response with error')
  })

  it('give every partition of an answer, with its error, its end and its bytes', async () => {
    const identity = { producerId: 9n, producerEpoch: 2, sequence: 5 }
    const batch = await encodeBatch([{ key: text('k'), value: text('v'), timestampMs: 1 }], {
      ...identity,
      compression: 'none',
    })
    const partitions = [
      { index: 0, errorCode: 0, end: 100n, aborted: [{ producerId: 4n, firstOffset: 50n }], bytes: batch },
      { index: 2, errorCode: 6, end: -1n, aborted: null, bytes: null },
    ]
    const answer = RequestWriter.create()
      .appendInt32(0)
      .appendInt16(0)
      .appendInt32(0)
      .appendArray(['a'], (outer, topic) =>
        outer.appendString(topic).appendArray(partitions, (inner, { index, errorCode, end, aborted, bytes }) =>
          inner
            .appendInt32(index)
            .appendInt16(errorCode)
            .appendInt64(end)
            .appendInt64(end)
            .appendInt64(0n)
            .appendArray(aborted, (w, one) => w.appendInt64(one.producerId).appendInt64(one.firstOffset))
            .appendInt32(-1)
            .appendBytes(bytes),
        ),
      )
      .appendTaggedFields().buffer
    const { parsed } = exchange(fetchBatches, [{}, []], answer)
    expect(parsed).toEqual([
      {
        topic: 'a',
        partition: 0,
        errorCode: 0,
        end: 100,
        aborted: [{ producerId: 4n, firstOffset: 50n }],
        bytes: batch,
      },
      { topic: 'a', partition: 2, errorCode: 6, end: -1, aborted: [], bytes: Buffer.alloc(0) },
    ])
    // The library finds the same in it, but throws for the partition that has an error.
    expect(() => fetchV12.parseResponse(0, 1, 12, Reader.from(answer))).toThrow('Received response with error')
  })
})
