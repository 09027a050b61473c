/** A stored record as JSON; null where it is none. */
export function readEvent(value: Buffer): Record<string, unknown> | null {
  try {
    const event: unknown = JSON.parse(value.toString('utf8'))
    if (event !== null && typeof event === 'object' && !Array.isArray(event)) return event as Record<string, unknown>
  } catch {
    // falls through: it is not JSON
  }
  return null
}

export const position = (partition: number, offset: number): string => `${partition}/${offset}`

/** The id of a record; one without a readable id is known by its position. */
export const idOf = (event: Record<string, unknown> | null, partition: number, offset: number): string =>
  typeof event?.eventId === 'string' ? event.eventId : position(partition, offset)
