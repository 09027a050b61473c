import { MAX_RECORD_BYTES, type Topic } from '@millrace/contracts'
import type { Refusal } from '../problem.ts'
import type { Envelope, RecordList } from '../shapes/shape.ts'
import { createRecordReader, type IdMaker, type PreparedRecord, type RefusedRecord } from './prepare-record.ts'
import type { KeptRefusal, Outcome } from './store-records.ts'

/** Bytes that are validated before the event loop runs other requests: a few milliseconds. Larger bodies are validated one at a time. */
export const BYTES_PER_TURN = 128 << 10
const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The records of a request for one topic. */
export interface TopicRecords {
  readonly topic: Topic
  /** How many there are. */
  records: number
  readonly accepted: { readonly indexes: number[]; readonly records: PreparedRecord[] }
  /** Those that are kept as failed events. */
  readonly refused: KeptRefusal[]
}

interface TopicReader extends TopicRecords {
  readonly read: ReturnType<typeof createRecordReader>
}

/** The validated records of a body; `outcomes` has holes where records are not stored yet. */
export interface Prepared {
  readonly topics: readonly TopicRecords[]
  readonly outcomes: Outcome[]
}

export interface PrepareOptions {
  /** The topic of records that name none. */
  readonly topic: Topic | null
  /** The id of an event that has none and whose envelope gives it none. */
  readonly makeId: (topic: Topic) => IdMaker
  readonly receivedMs: number
  /** The partition of a key; undefined while the log is unknown. */
  readonly partitionOf: (topic: Topic, key: Buffer) => number | undefined
}

/** A body as one invalid record of the topic. */
export function refusedBody(body: Buffer, refusal: Refusal, topic: Topic): Prepared {
  const record = { refusal, eventId: null, key: null }
  const refused = body.length <= MAX_RECORD_BYTES ? [{ index: 0, record, payload: body }] : []
  return { topics: [{ topic, records: 1, refused, accepted: { indexes: [], records: [] } }], outcomes: [refusal] }
}

/** Validates the records of a body, and yields to the event loop in between. */
export async function prepareRecords(body: Buffer, list: RecordList, options: PrepareOptions): Promise<Prepared> {
  const { starts } = list
  const { prepare, finish } = createPreparation(body, list, options)
  let turnFrom = 0
  for (let index = 0; index < starts.length; index++) {
    if (starts[index]! - turnFrom > BYTES_PER_TURN) {
      turnFrom = starts[index]!
      await nextTurn()
    }
    prepare(index)
  }
  return finish()
}

/** Validates the records of a body in one go. */
export function prepareRecordsNow(body: Buffer, list: RecordList, options: PrepareOptions): Prepared {
  const { prepare, finish } = createPreparation(body, list, options)
  for (let index = 0; index < list.starts.length; index++) prepare(index)
  return finish()
}

function createPreparation(body: Buffer, list: RecordList, options: PrepareOptions) {
  const { starts, ends, envelopeOf, explain = refusal => refusal } = list
  const { partitionOf, receivedMs } = options
  const outcomes: Outcome[] = []
  const byTopic = new Map<Topic, TopicReader>()
  let envelope: Envelope | undefined

  function openTopic(topic: Topic): TopicReader {
    const makeId = options.makeId(topic)
    const read = createRecordReader(topic, body, {
      factsOfBody: list.facts,
      makeId: (index, record) => envelope?.eventId?.() ?? makeId(index, record),
      receivedMs,
    })
    const opened = { topic, records: 0, accepted: { indexes: [], records: [] }, refused: [], read }
    byTopic.set(topic, opened)
    return opened
  }

  function prepare(index: number): void {
    envelope = envelopeOf?.(index)
    const start = envelope?.start ?? starts[index]!
    const end = envelope?.end ?? ends[index]!
    const topic = envelope?.topic ?? options.topic
    if (topic === null) {
      outcomes[index] = envelope?.refusal ?? { code: 'unknown_topic', details: { topic: '' } }
      return
    }
    const target = byTopic.get(topic) ?? openTopic(topic)
    target.records++
    const record = envelope?.refusal
      ? { refusal: envelope.refusal, eventId: null, key: null }
      : withSameKey(target.read(index, start, end), envelope, { topic, partitionOf })
    if ('value' in record) {
      target.accepted.indexes.push(index)
      target.accepted.records.push(record)
      return
    }
    const refusal = explain(record.refusal)
    outcomes[index] = refusal
    if (refusal.code !== 'record_too_large' && end - start <= MAX_RECORD_BYTES)
      target.refused.push({
        index,
        record: { ...record, refusal, eventId: record.eventId ?? envelope?.eventId?.() ?? null },
        payload: body.subarray(start, end),
      })
  }

  return { prepare, finish: (): Prepared => ({ topics: [...byTopic.values()], outcomes }) }
}

/** The record, unless the client wants another key or partition for it than it has. */
function withSameKey(
  record: PreparedRecord | RefusedRecord,
  envelope: Envelope | undefined,
  { topic, partitionOf }: Pick<PrepareOptions, 'partitionOf'> & { readonly topic: Topic },
): PreparedRecord | RefusedRecord {
  if (!('value' in record) || (envelope?.key === undefined && envelope?.partition === undefined)) return record
  const { key, eventId } = record
  const refuse = (code: 'wrong_key' | 'wrong_partition', got: string, expected: string): RefusedRecord => ({
    refusal: { code, got, expected, details: { key: topic.keyText } },
    eventId,
    key,
  })
  if (envelope.key !== undefined && envelope.key !== key.toString())
    return refuse('wrong_key', JSON.stringify(envelope.key), JSON.stringify(key.toString()))
  const partition = envelope.partition === undefined ? undefined : partitionOf(topic, key)
  return partition === undefined || partition === envelope.partition
    ? record
    : refuse('wrong_partition', String(envelope.partition), String(partition))
}
