import { isUtf8 } from 'node:buffer'
import { flatReaderOf, MAX_RECORD_BYTES, readWire, type TopicContract } from '@millrace/contracts'
import { describeValue, explainIssues } from '../explain-issues.ts'
import { countKeys, faultOf, parseKeepingNumbers } from '../inspect-event.ts'
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

/** Gives an event id to a record that came without one. */
export type IdMaker = (index: number, record: Uint8Array) => string

const refuse = (refusal: Refusal): RefusedRecord => ({ refusal, eventId: null, key: null })

/** Integers with so many digits may not survive being read as doubles and written again. */
const LONG_NUMBER = /\d{16}/

/**
 * Makes the function that reads one record of a body. Canonical JSON is validated without parsing it (zero-copy); anything else
 * falls back to JSON.parse and the topic's schema, and is forwarded as received, or serialised again when it is not canonical
 * (no event id, wire form, repeated keys, line breaks).
 */
export function createRecordReader(
  contract: TopicContract,
  body: Buffer,
  factsOfBody: () => BodyFacts,
  makeId: IdMaker,
) {
  const { schema, key: keyField, eventTime, wire = {} } = contract
  const flat = flatReaderOf(schema)
  const [keyIndex, idIndex, timeIndex] = [keyField, 'eventId', eventTime].map(field => flat.indexOf(field))
  const wireFields = Object.keys(wire)
  // One client writes all of its records alike, so what the last one needed is tried first.
  let wireFirst = false

  return function prepareRecord(index: number, start: number, end: number): PreparedRecord | RefusedRecord {
    const bytes = end - start
    if (bytes > MAX_RECORD_BYTES)
      return refuse({ code: 'record_too_large', details: { bytes, limit: MAX_RECORD_BYTES } })
    if (flat.read(body, start, end))
      return {
        key: flat.slice(keyIndex!)!,
        value: body.subarray(start, end),
        eventId: flat.text(idIndex!)!,
        eventTimeMs: flat.instantMs(timeIndex!)!,
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

    const hasId = record.eventId !== undefined
    // Repeated keys and line breaks are fine JSON, but readers behind the gateway would not agree on them.
    const isPlain = keys === countWrittenKeys(body, start, end) && !(facts.lineBreaks && /[\r\n]/.test(text))
    let result = hasId && isPlain && !wireFirst ? schema.safeParse(record) : undefined
    if (result?.success) return asReceived(record, start, end)

    const wired = readWire(record, wire)
    if (!hasId) wired.eventId = makeId(index, body.subarray(start, end))
    wireFirst = hasId && wireFields.some(field => wired[field] !== record[field])
    if (!result || wireFirst) result = schema.safeParse(wired)
    if (!result.success) return withFields(record, explainIssues(record, result.error.issues))
    if (hasId && isPlain && !wireFirst) return asReceived(record, start, end)
    return {
      key: Buffer.from(wired[keyField] as string),
      value: Buffer.from(JSON.stringify(LONG_NUMBER.test(text) ? withLongNumbers(wired, text, schema.shape) : wired)),
      eventId: wired.eventId as string,
      eventTimeMs: Date.parse(wired[eventTime] as string),
    }
  }

  function asReceived(record: Record<string, unknown>, start: number, end: number): PreparedRecord {
    return {
      key: Buffer.from(record[keyField] as string),
      value: body.subarray(start, end),
      eventId: record.eventId as string,
      eventTimeMs: Date.parse(record[eventTime] as string),
    }
  }

  function withFields(record: Record<string, unknown>, refusal: Refusal): RefusedRecord {
    const { eventId } = record
    const key = record[keyField]
    return {
      refusal,
      eventId: typeof eventId === 'string' && eventId.length <= 64 ? eventId : null,
      key: typeof key === 'string' ? Buffer.from(key) : null,
    }
  }
}

/** The record with the numbers of its unknown fields as they were written. */
function withLongNumbers(wired: Record<string, unknown>, text: string, known: object): Record<string, unknown> {
  const written = parseKeepingNumbers(text) as Record<string, unknown>
  for (const field of Object.keys(wired))
    if (!Object.hasOwn(known, field) && field !== 'eventId') wired[field] = written[field]
  return wired
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
