import { isUtf8 } from 'node:buffer'
import { eventReaderOf, eventTimeOf, type Topic } from '@millrace/contracts'
import { undecodableError, type undecodableErrors } from '../errors.ts'

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
  | { readonly ok: false; readonly code: keyof typeof undecodableErrors; readonly message: string }

function undecodable(...why: Parameters<typeof undecodableError>): DecodedRecord {
  const { code, message } = undecodableError(...why)
  return { ok: false, code, message }
}

function isTooDeep(value: object, levels: number): boolean {
  if (levels === 0) return true
  for (const key in value) {
    const field: unknown = (value as Record<string, unknown>)[key]
    if (typeof field === 'object' && field !== null && isTooDeep(field, levels - 1)) return true
  }
  return false
}

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
  if (!isUtf8(value)) return undecodable('invalid_utf8')
  const text = value.toString('utf8')
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch (error) {
    return undecodable('invalid_json', { reason: (error as Error).message })
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undecodable('not_an_object')
  if (isTooDeep(event, MAX_DEPTH)) return undecodable('too_deep', { limit: MAX_DEPTH })
  const record = event as Record<string, unknown>
  return { ok: true, event: record, eventTimeMs: eventTimeOf(topic, record) }
}
