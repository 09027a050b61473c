import { isAscii, isUtf8 } from 'node:buffer'
import {
  createInstantWriter,
  eventReaderOf,
  eventTimeOf,
  jsonPointer,
  MAX_RECORD_BYTES,
  parseAsWritten,
  RECEIVED_AT,
  readWire,
  type Topic,
  writeAsIn,
} from '@millrace/contracts'
import { describeValue, explainIssues } from '../explain-issues.ts'
import { countKeys, faultOf } from '../inspect-event.ts'
import { jsonFault } from '../json-fault.ts'
import type { Refusal } from '../problem.ts'
import { countWrittenKeys } from './split-records.ts'

/** A record that may go into the log. */
export interface PreparedRecord {
  readonly key: Buffer
  /** The bytes as received where they are canonical, else written anew. */
  readonly value: Buffer
  readonly eventId: string
  /** Milliseconds since the epoch. */
  readonly eventTimeMs: number
}

/** A record that may not, with what could be read of it. */
export interface RefusedRecord {
  readonly refusal: Refusal
  readonly eventId: string | null
  readonly key: Buffer | null
}

/** Properties of a whole body, so that they are not computed for every record. */
export interface BodyFacts {
  readonly ascii: boolean
  readonly utf8: boolean
  /** A line break inside a record would break files of one record a line. */
  readonly lineBreaks: boolean
  readonly unicodeEscapes: boolean
}

/** The properties of the body of a request. */
export function factsOf(body: Buffer, form: 'json' | 'ndjson'): BodyFacts {
  const ascii = isAscii(body)
  return {
    ascii,
    utf8: ascii || isUtf8(body),
    lineBreaks: body.includes(0x0d) || (form === 'json' && body.includes(0x0a)),
    unicodeEscapes: body.includes('\\u'),
  }
}

/** What is known of a body of which nothing was computed. */
export const UNKNOWN_FACTS: BodyFacts = Object.freeze({
  ascii: false,
  utf8: false,
  lineBreaks: true,
  unicodeEscapes: true,
})

/** Gives an event id to a record that came without one. */
export type IdMaker = (index: number, record: Uint8Array) => string

const writeInstant = createInstantWriter()

/** Whether the producer gave no event id. */
const lacksId = ({ eventId }: Readonly<Record<string, unknown>>): boolean => eventId === undefined || eventId === null

const refuse = (refusal: Refusal): RefusedRecord => ({ refusal, eventId: null, key: null })

const optionalFieldsByTopic = new WeakMap<Topic, readonly string[]>()

/** Fields in which null means that the field is missing; in others it is a value, or a fault. Found once a topic: schemas are slow to ask. */
function optionalFieldsOf(topic: Topic): readonly string[] {
  const known = optionalFieldsByTopic.get(topic)
  if (known) return known
  const fields = Object.entries(topic.schema.shape)
    .filter(([, field]) => field.safeParse(undefined).success && !field.safeParse(null).success)
    .map(([name]) => name)
  optionalFieldsByTopic.set(topic, fields)
  return fields
}

/**
 * Makes the function that reads one record of a body. Canonical JSON is validated without parsing it (zero-copy); anything else
 * falls back to JSON.parse and the topic's schema, and is forwarded as received, with an event id and a time of receipt behind it
 * where it has none, or is written anew where it is not canonical (wire form, null for an optional field, repeated keys, line
 * breaks); of what is written anew every number stays as it was written.
 */
export function createRecordReader(
  topic: Topic,
  body: Buffer,
  {
    factsOfBody,
    makeId,
    receivedMs,
  }: {
    readonly factsOfBody: () => BodyFacts
    readonly makeId: IdMaker
    /** When the request came, for events without a time of their own. */
    readonly receivedMs: number
  },
) {
  const { schema, wire } = topic
  const reader = eventReaderOf(topic)
  const wireFields = Object.keys(wire)
  const optionalFields = optionalFieldsOf(topic)
  const keyMissing: Refusal = {
    code: 'key_missing_in_event',
    ...(topic.keyField === null ? {} : { pointer: jsonPointer([topic.keyField]) }),
    details: { topic: topic.name, key: topic.keyText },
  }
  // One client writes all of its records alike, so what the last one needed is tried first.
  let wireFirst = false

  return function prepareRecord(index: number, start: number, end: number): PreparedRecord | RefusedRecord {
    const bytes = end - start
    if (bytes > MAX_RECORD_BYTES)
      return refuse({ code: 'record_too_large', details: { bytes, limit: MAX_RECORD_BYTES } })
    if (reader.read(body, start, end)) {
      const eventTimeMs = reader.eventTimeMs()
      const key = reader.key()
      const eventId = reader.eventId()
      if (eventTimeMs !== null && key.length > 0 && eventId)
        return { key, value: body.subarray(start, end), eventId, eventTimeMs }
    }
    const facts = factsOfBody()
    if (!facts.utf8 && !isUtf8(body.subarray(start, end)))
      return refuse({ code: 'invalid_utf8', details: { position: firstBadByte(body, start, end) } })
    const text = body.toString(facts.ascii ? 'latin1' : 'utf8', start, end)
    let event: unknown
    try {
      event = JSON.parse(text)
    } catch (error) {
      return refuse({ code: 'not_json', details: { reason: jsonFault(text, error) } })
    }
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return refuse({ code: 'not_an_object', got: describeValue(event), expected: 'a JSON object' })
    const record = event as Record<string, unknown>

    const keys = countKeys(record)
    const checkTexts = facts.unicodeEscapes && text.includes('\\u')
    if (keys < 0 || checkTexts) {
      const fault = faultOf(record, text, checkTexts)
      if (fault) return withFields(record, fault)
    }

    const hasId = !lacksId(record)
    // Repeated keys and line breaks are fine JSON, but readers behind the gateway would not agree on them.
    const isPlain = keys === countWrittenKeys(body, start, end) && !(facts.lineBreaks && /[\r\n]/.test(text))
    let result = hasId && isPlain && !wireFirst ? schema.safeParse(record) : undefined
    if (result?.success) {
      const plain = asReceived(record, start, end)
      if (plain) return plain
    }

    const wired = readWire(record, wire)
    const nulls = optionalFields.filter(field => wired[field] === null)
    for (const field of nulls) delete wired[field]
    const isChanged =
      nulls.length > 0 || record.eventId === null || wireFields.some(field => wired[field] !== record[field])
    // Before the schema, which may require an id; a null is its to refuse.
    if (record.eventId === undefined) giveId(wired, index, start, end)
    wireFirst = hasId && isChanged
    if (!result || wireFirst) result = schema.safeParse(wired)
    if (!result.success) return withFields(record, explainIssues(record, result.error.issues, text))
    if (hasId && isPlain && !wireFirst) {
      const plain = asReceived(record, start, end)
      if (plain) return plain
    }
    if (lacksId(wired)) giveId(wired, index, start, end)
    if (typeof wired.eventId !== 'string' || wired.eventId === '') {
      const got = describeValue(record.eventId)
      return withFields(record, {
        code: 'invalid_field',
        pointer: '/eventId',
        got,
        expected: 'a string that is not empty',
      })
    }
    const key = topic.keyOf(wired)
    if (key === '') return withFields(record, keyMissing)
    const added: Record<string, string> = hasId ? {} : { eventId: wired.eventId }
    if (eventTimeOf(topic, wired) === null) added[RECEIVED_AT] = writeInstant(receivedMs)
    return {
      key: Buffer.from(key),
      value:
        isPlain && !isChanged && record[RECEIVED_AT] === undefined
          ? extended(body.subarray(start, end), added)
          : rewritten(body.subarray(start, end), isPlain, record, Object.assign(wired, added)),
      eventId: wired.eventId,
      eventTimeMs: eventTimeOf(topic, wired) ?? receivedMs,
    }
  }

  function giveId(wired: Record<string, unknown>, index: number, start: number, end: number): void {
    wired.eventId = makeId(index, body.subarray(start, end))
  }

  /** The event in its own bytes; null where it cannot be stored so: it lacks an id, a time, or a key. */
  function asReceived(record: Record<string, unknown>, start: number, end: number): PreparedRecord | null {
    const { eventId } = record
    const key = topic.keyOf(record)
    const eventTimeMs = eventTimeOf(topic, record)
    if (typeof eventId !== 'string' || eventId === '' || key === '' || eventTimeMs === null) return null
    return { key: Buffer.from(key), value: body.subarray(start, end), eventId, eventTimeMs }
  }

  function withFields(record: Record<string, unknown>, refusal: Refusal): RefusedRecord {
    const { eventId } = record
    return {
      refusal,
      eventId: typeof eventId === 'string' && eventId.length <= 64 ? eventId : null,
      key: keyOfRefused(record),
    }
  }

  /** The key of an event that is not as its schema says, where it has one all the same. */
  function keyOfRefused(record: Record<string, unknown>): Buffer | null {
    try {
      const key = topic.keyOf(record)
      return key === '' ? null : Buffer.from(key)
    } catch {
      // A key of nested fields, of which one is not there.
      return null
    }
  }
}

/** The bytes of an object that has fields, and more fields behind them. */
const extended = (object: Buffer, added: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([object.subarray(0, -1), Buffer.from(`,${JSON.stringify(added).slice(1)}`)])

/** The bytes of an event that was read from others; what is not plain there has repeated keys or line breaks, in nested objects as well. */
function rewritten(
  received: Buffer,
  isPlain: boolean,
  record: Readonly<Record<string, unknown>>,
  event: Readonly<Record<string, unknown>>,
): Buffer {
  const plain = isPlain ? received : Buffer.from(JSON.stringify(parseAsWritten(received.toString())))
  return Buffer.from(writeAsIn(event, record, plain))
}

function firstBadByte(body: Buffer, start: number, end: number): number {
  let good = start
  let bad = end
  while (good < bad) {
    const middle = (good + bad + 1) >> 1
    // A cut inside a character is no fault, so up to three more bytes may belong to it.
    if ([0, 1, 2, 3].some(more => middle + more <= end && isUtf8(body.subarray(start, middle + more)))) good = middle
    else bad = middle - 1
  }
  return good - start
}
