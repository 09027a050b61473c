import { isUtf8 } from 'node:buffer'

/** Deepest nesting of a record that is stored; deeper ones cannot be written anew as JSON. */
export const MAX_DEPTH = 512

export type DecodedRecord =
  | { readonly ok: true; readonly event: Record<string, unknown>; readonly eventTimeMs: number | null }
  | { readonly ok: false; readonly code: UndecodableCode; readonly message: string }

export type UndecodableCode = 'invalid_utf8' | 'invalid_json' | 'not_an_object' | 'too_deep'

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
// A number that JSON.parse would change: more digits than a double holds, or an exponent that may overflow it.
const LONG_NUMBER = /[:[,]\s*-?(?:\d{16}|\d+\.\d{19}|[\d.]+[eE])/

interface ExactJson {
  rawJSON(text: string): unknown
  isRawJSON(value: unknown): boolean
}
const exact = JSON as unknown as ExactJson

const keepExact = (_key: string, value: unknown, context: { source?: string }): unknown =>
  typeof value === 'number' && context.source !== undefined && JSON.stringify(value) !== context.source
    ? exact.rawJSON(context.source)
    : value

/** JSON.parse that keeps the source text of numbers which a double would change, as `JSON.rawJSON`. */
export const parseExact = (text: string): unknown =>
  LONG_NUMBER.test(text)
    ? JSON.parse(text, keepExact as (this: unknown, key: string, value: unknown) => unknown)
    : JSON.parse(text)

function deeperThan(value: object, levels: number): boolean {
  if (levels === 0) return true
  for (const field of Object.values(value)) {
    if (typeof field === 'object' && field !== null && deeperThan(field, levels - 1)) return true
  }
  return false
}

/** Whether a value is a number kept as its source text. */
const isExactNumber = (value: unknown): boolean => exact.isRawJSON(value)

/** Reads the time of an event: an ISO-8601 instant with a zone, as ms since the epoch; null for anything else. */
export function readEventTime(value: unknown): number | null {
  if (typeof value !== 'string' || !INSTANT.test(value)) return null
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? null : ms
}

/**
 * Reads the bytes of a record as a JSON object.
 * @param eventTimeField field with the event time; a record without a readable one still is a record
 */
export function decodeRecord(value: Buffer, eventTimeField: string): DecodedRecord {
  if (!isUtf8(value)) return { ok: false, code: 'invalid_utf8', message: 'The bytes are not valid UTF-8.' }
  let event: unknown
  try {
    event = parseExact(value.toString('utf8'))
  } catch (error) {
    return { ok: false, code: 'invalid_json', message: `The bytes are not JSON: ${(error as Error).message}` }
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event) || isExactNumber(event)) {
    return { ok: false, code: 'not_an_object', message: 'The JSON is not an object.' }
  }
  if (deeperThan(event, MAX_DEPTH)) {
    return { ok: false, code: 'too_deep', message: `The JSON is nested more than ${MAX_DEPTH} levels deep.` }
  }
  const record = event as Record<string, unknown>
  return { ok: true, event: record, eventTimeMs: readEventTime(record[eventTimeField]) }
}
