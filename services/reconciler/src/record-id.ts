import { eventReaderOf, eventTimeOf, parseExact, type Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'

type Fields = Record<string, unknown>

function readBy(parse: (value: Buffer) => unknown, value: Buffer): Fields | null {
  try {
    const event = parse(value)
    if (event !== null && typeof event === 'object' && !Array.isArray(event)) return event as Fields
  } catch {
    // falls through: it is not JSON
  }
  return null
}

/** A stored record as JSON; null where it is none. */
export const readEvent = (value: Buffer): Fields | null => readBy(bytes => JSON.parse(bytes.toString()), value)

/** The same with every digit of its numbers, for the comparison of contents. */
export const readExactEvent = (value: Buffer): Fields | null => readBy(parseExact, value)

export const position = (partition: number, offset: number): string => `${partition}/${offset}`

/** The id of a record; one without a readable id is known by its position. */
export const idOf = (event: Fields | null, partition: number, offset: number): string =>
  typeof event?.eventId === 'string' ? event.eventId : position(partition, offset)

/** The id in the bytes of a record; null where it has none. */
export function storedId(topic: Topic, value: Buffer): string | null {
  const reader = eventReaderOf(topic)
  if (reader.read(value)) return reader.eventId()
  const id = readEvent(value)?.eventId
  return typeof id === 'string' ? id : null
}

/** The same as `idOf`, by the bytes of the record. */
export const recordId = (
  topic: Topic,
  partition: number,
  { value, offset }: Pick<LogRecord, 'value' | 'offset'>,
): string => storedId(topic, value) ?? position(partition, offset)

/** The event time in the bytes of a record, in ms since the epoch; null where it has none. */
export function storedTimeMs(topic: Topic, value: Buffer): number | null {
  const reader = eventReaderOf(topic)
  if (reader.read(value)) return reader.eventTimeMs()
  const event = readEvent(value)
  return event && eventTimeOf(topic, event)
}
