import { createAPI, fetchV12, type Reader, ResponseError, Writer } from '@platformatic/kafka'
import type { FetchedBytes } from './record-batch.ts'

/* Produce and Fetch with record batches as bytes: the library's own requests bring their codec along. */

const ALL = -1
const READ_COMMITTED = 1
const NO_EPOCH = -1

/** The records of one partition, encoded. */
export interface PartitionBatch {
  readonly topic: string
  readonly partition: number
  readonly batch: Buffer
}

/** What the broker did with one batch. */
export interface StoreAnswer {
  readonly topic: string
  readonly partition: number
  /** Of the first record; −1 where there is an error. */
  readonly offset: number
  readonly error: Error | null
}

/** Stores batches of several partitions of one broker, each for itself, acknowledged by all replicas that are in sync. */
export const produceBatches = createAPI<
  [batches: readonly PartitionBatch[], timeoutMs: number],
  readonly StoreAnswer[]
>(0, 9, createProduceRequest, parseProduceResponse)

function createProduceRequest(batches: readonly PartitionBatch[], timeoutMs: number): Writer {
  return Writer.create()
    .appendString(null)
    .appendInt16(ALL)
    .appendInt32(timeoutMs)
    .appendArray([...Map.groupBy(batches, ({ topic }) => topic)], (writer, [topic, ofTopic]) =>
      writer.appendString(topic).appendArray(ofTopic, (inner, { partition, batch }) =>
        inner
          .appendInt32(partition)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch),
      ),
    )
    .appendTaggedFields()
}

function parseProduceResponse(
  _correlationId: number,
  apiKey: number,
  apiVersion: number,
  reader: Reader,
): readonly StoreAnswer[] {
  const answers = reader.readArray(outer => {
    const topic = outer.readString()
    return outer.readArray((inner): StoreAnswer => {
      const partition = inner.readInt32()
      const errorCode = inner.readInt16()
      const offset = Number(inner.readInt64())
      inner.readInt64() // append time
      inner.readInt64() // log start offset
      const refusals = inner.readArray(record => ({ index: record.readInt32(), message: record.readNullableString() }))
      const message = inner.readNullableString() ?? refusals.find(({ message }) => message !== null)?.message ?? null
      const error =
        errorCode === 0
          ? null
          : new ResponseError(apiKey, apiVersion, { [`/${topic}/${partition}`]: [errorCode, message] }, {})
      return { topic, partition, offset, error }
    })
  })
  reader.readInt32() // throttle time
  reader.readTaggedFields()
  return answers.flat()
}

export interface FetchLimits {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
}

export interface FetchPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface FetchAnswer extends FetchedBytes {
  /** Kafka's number; 0 is none. */
  readonly errorCode: number
  readonly end: number
}

/** Fetches committed records of several partitions of one broker. */
export const fetchBatches = createAPI<
  [limits: FetchLimits, positions: readonly FetchPosition[]],
  readonly FetchAnswer[]
>(1, 12, createFetchRequest, parseFetchResponse)

function createFetchRequest(
  { maxWaitMs, maxBytes, maxPartitionBytes }: FetchLimits,
  positions: readonly FetchPosition[],
): Writer {
  const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topicId, ofTopic]) => ({
    topicId,
    partitions: ofTopic.map(({ partition, offset }) => ({
      partition,
      currentLeaderEpoch: NO_EPOCH,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: NO_EPOCH,
      partitionMaxBytes: maxPartitionBytes,
    })),
  }))
  // Session 0 with epoch −1: every request stands for itself.
  return fetchV12.createRequest(maxWaitMs, 1, maxBytes, READ_COMMITTED, 0, NO_EPOCH, topics, [], '')
}

function parseFetchResponse(
  _correlationId: number,
  apiKey: number,
  apiVersion: number,
  reader: Reader,
): readonly FetchAnswer[] {
  reader.readInt32() // throttle time
  const errorCode = reader.readInt16()
  reader.readInt32() // session
  const answers = reader.readArray(outer => {
    const topic = outer.readString()
    return outer.readArray(inner => readPartition(inner, topic))
  })
  reader.readTaggedFields()
  if (errorCode !== 0) throw new ResponseError(apiKey, apiVersion, { '/': [errorCode, null] }, answers)
  return answers.flat()
}

function readPartition(reader: Reader, topic: string): FetchAnswer {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const end = Number(reader.readInt64())
  reader.readInt64() // last stable offset
  reader.readInt64() // log start offset
  const aborted =
    reader.readNullableArray(inner => ({ producerId: inner.readInt64(), firstOffset: inner.readInt64() })) ?? []
  reader.readInt32() // preferred replica
  return { topic, partition, errorCode, end, aborted, bytes: reader.readBytes() }
}
