import { parseExact } from '@millrace/contracts'

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
