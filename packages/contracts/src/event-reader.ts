import type { z } from 'zod'
import { asEventTime } from './event-time.ts'
import { FlatReader } from './flat/flat-reader.ts'
import { eventTimeOf, RECEIVED_AT, type Topic } from './topic.ts'

const FACTORS = { instant: 1, seconds: 1000, milliseconds: 1 } as const

/**
 * Reads event id, key and event time of a topic's records from their bytes, without parsing them. It takes only canonical JSON of
 * the topic's schema, and only of topics whose key and time are fields; for anything else use `JSON.parse` and the topic's own
 * functions, which give the same answers.
 */
export interface EventReader {
  /** Whether the bytes were taken; the other methods tell of the event that was read last. */
  read(bytes: Uint8Array, start?: number, end?: number): boolean
  /** Bytes of the partition key; empty where the event has none. */
  key(): Buffer
  /** Event time in ms since the epoch, or the time of receipt; null where the event has neither. */
  eventTimeMs(): number | null
  eventId(): string | null
}

const NOTHING: EventReader = {
  read: () => false,
  key: () => Buffer.alloc(0),
  eventTimeMs: () => null,
  eventId: () => null,
}

/** Whether a field holds null or a flag, whose bytes are not the text that a topic's own functions give for them. */
const holdsMoreThanText = ({ schema }: Topic, field: string): boolean =>
  [null, true, false].some(value => (schema.shape[field] as z.ZodType).safeParse(value).success)

function createEventReader(topic: Topic): EventReader {
  const { schema, keyField, timeField } = topic
  const fields = Object.keys(schema.shape)
  if (keyField === null || timeField === null || !fields.includes(keyField) || !fields.includes(timeField.field))
    return NOTHING
  const flat = new FlatReader(schema)
  const keyAt = flat.indexOf(keyField)
  const timeAt = flat.indexOf(timeField.field)
  const idAt = fields.includes('eventId') ? flat.indexOf('eventId') : null
  const receivedAt = fields.includes(RECEIVED_AT) ? flat.indexOf(RECEIVED_AT) : null
  const isNumericKey = flat.isNumber(keyAt)
  const { unit } = timeField
  if (!isNumericKey && holdsMoreThanText(topic, keyField)) return NOTHING
  if (idAt !== null && holdsMoreThanText(topic, 'eventId')) return NOTHING
  const isTimeReadable = unit === 'instant' ? flat.isInstant(timeAt) : flat.isNumber(timeAt)
  if (keyAt < 0 || !isTimeReadable || (receivedAt !== null && !flat.isInstant(receivedAt))) return NOTHING
  return {
    read: (bytes, start, end) => flat.read(bytes, start, end),
    key() {
      if (!isNumericKey) return flat.slice(keyAt) ?? Buffer.alloc(0)
      const number = flat.number(keyAt)
      return Buffer.from(number === undefined || Number.isNaN(number) ? '' : String(number))
    },
    eventTimeMs() {
      const time = unit === 'instant' ? flat.instantMs(timeAt) : flat.number(timeAt)
      const own = time === undefined ? null : asEventTime(time * FACTORS[unit])
      if (own !== null) return own
      return receivedAt === null ? null : (flat.instantMs(receivedAt) ?? null)
    },
    eventId: () => (idAt === null ? null : (flat.text(idAt) ?? null)),
  }
}

const readers = new WeakMap<Topic, EventReader>()

/** The reader of a topic: one for all, since what it knows of an event holds only until the next one. */
export function eventReaderOf(topic: Topic): EventReader {
  const reader = readers.get(topic) ?? createEventReader(topic)
  readers.set(topic, reader)
  return reader
}

/** The event time of a record's bytes in ms since the epoch; null where they have none or are not JSON. */
export function recordTimeMs(topic: Topic, value: Buffer): number | null {
  const reader = eventReaderOf(topic)
  if (reader.read(value)) return reader.eventTimeMs()
  try {
    const event: unknown = JSON.parse(value.toString())
    return typeof event === 'object' && event !== null ? eventTimeOf(topic, event as Record<string, unknown>) : null
  } catch {
    return null
  }
}
