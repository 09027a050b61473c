import { isUtf8 } from 'node:buffer'
import { eventReaderOf, eventTimeOf, type Topic } from '@millrace/contracts'

/**
 * Deepest nesting of a record that is stored; deeper ones cannot be written anew as JSON. More than the gateway accepts, because
 * topics also hold records that did not pass the gateway, and the lake stores what the topic holds.
 */
export const MAX_DEPTH = 512

export type DecodedRecord =
  | {
      readonly ok: true
      /** Null when the bytes are canonical JSON of the topic's schema (zero-copy validation). */
      readonly event: Record<string, unknown> | null
      readonly eventTimeMs: number | null
    }
  | { readonly ok: false; readonly code: UndecodableCode; readonly message: string }

export type UndecodableCode = 'invalid_utf8' | 'invalid_json' | 'not_an_object' | 'too_deep'

interface ExactJson {
  rawJSON(text: string): unknown
}
const exact = JSON as unknown as ExactJson

const keepExact = (_key: string, value: unknown, context: { source?: string }): unknown =>
  typeof value === 'number' && context.source !== undefined && JSON.stringify(value) !== context.source
    ? exact.rawJSON(context.source)
    : value

/** Finds out whether a parsed value is nested too deep, or has numbers that a double does not hold exactly. */
function inspect(value: object, levels: number, found: { isTooDeep: boolean; isInexact: boolean }): void {
  if (levels === 0) {
    found.isTooDeep = true
    return
  }
  for (const key in value) {
    const field: unknown = (value as Record<string, unknown>)[key]
    if (typeof field === 'number') {
      if (!(Math.abs(field) <= Number.MAX_SAFE_INTEGER)) found.isInexact = true
    } else if (typeof field === 'object' && field !== null && !found.isTooDeep) inspect(field, levels - 1, found)
  }
}

/** JSON.parse that keeps the source text of numbers which a double would change, as `JSON.rawJSON`. */
const parseExact = (text: string): unknown =>
  JSON.parse(text, keepExact as (this: unknown, key: string, value: unknown) => unknown)

/**
 * Creates the decoder of a topic's records, which accepts any JSON object: a record without a readable event time or one that does
 * not match its schema is stored as well.
 */
export function createRecordDecoder(topic: Topic): (value: Buffer) => DecodedRecord {
  const reader = eventReaderOf(topic)
  return value =>
    reader.read(value) ? { ok: true, event: null, eventTimeMs: reader.eventTimeMs() } : parseRecord(value, topic)
}

function parseRecord(value: Buffer, topic: Topic): DecodedRecord {
  if (!isUtf8(value)) return { ok: false, code: 'invalid_utf8', message: 'The bytes are not valid UTF-8.' }
  const text = value.toString('utf8')
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch (error) {
    return { ok: false, code: 'invalid_json', message: `The bytes are not JSON: ${(error as Error).message}` }
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return { ok: false, code: 'not_an_object', message: 'The JSON is not an object.' }
  }
  const found = { isTooDeep: false, isInexact: false }
  inspect(event, MAX_DEPTH, found)
  if (found.isTooDeep) {
    return { ok: false, code: 'too_deep', message: `The JSON is nested more than ${MAX_DEPTH} levels deep.` }
  }
  if (found.isInexact) event = parseExact(text)
  const record = event as Record<string, unknown>
  return { ok: true, event: record, eventTimeMs: eventTimeOf(topic, record) }
}
