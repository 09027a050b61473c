import { z } from 'zod'

/*
 * Two readings of one field. The canonical reading is what travels behind the gateway; the wire reading also takes what
 * clients of older systems send (strings for numbers and flags, instants without a zone) and turns it into the canonical one.
 */

const DIGITS_ONLY = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** RFC 3339, section 5.6: T and Z in either case, or a blank in place of T. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})?$/

/** An instant as ISO-8601 UTC with exactly three digits of milliseconds, e.g. `2024-03-24T11:25:29.845Z`. */
export const instant = z.iso.datetime({
  precision: 3,
  error: 'expected an ISO-8601 UTC instant with milliseconds, e.g. 2024-03-24T11:25:29.845Z',
})

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The id of one event: a UUID in lower case. */
export const eventId = z.string().regex(UUID, { error: 'expected a UUID in lower case' }).meta({ format: 'uuid' })

/** The id of a record derived from an event: `<source event id>:<kind>`, so that a replay overwrites and never adds. */
export const derivedId = z.string().regex(/^[0-9a-f-]{36}:[a-z-]+$/, { error: 'expected <event id>:<kind>' })

/** Reads a JSON number written as a string; leaves everything else to the schema behind it. */
export const wireNumber = (value: unknown): unknown =>
  typeof value === 'string' && DIGITS_ONLY.test(value.trim()) ? Number(value) : value

/** Reads a UUID in any case. */
export const wireEventId = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

/** Whether `YYYY-MM-DDTHH:mm:ss` exists: Date.parse takes 31 February for 2 March. */
function isCalendarTime(local: string): boolean {
  const millis = Date.parse(`${local}Z`)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(local)
}

/**
 * Milliseconds since the epoch of an RFC 3339 instant with any zone and up to nine digits of a second (finer than a millisecond
 * is cut); without a zone it is UTC. NaN for anything else, dates without a time included.
 */
export function instantMs(value: unknown): number {
  const match = typeof value === 'string' ? INSTANT.exec(value) : null
  if (!match) return Number.NaN
  const [, date = '', time = '', fraction = '0', zone = 'Z'] = match
  const local = `${date}T${time}`
  if (!isCalendarTime(local)) return Number.NaN
  return Date.parse(`${local}.${fraction.slice(0, 3).padEnd(3, '0')}${zone.toUpperCase()}`)
}

/** Reads what `instantMs` reads, as an instant in UTC with milliseconds; leaves everything else to the schema behind it. */
export const wireInstant = (value: unknown): unknown => {
  const millis = instantMs(value)
  return Number.isNaN(millis) ? value : new Date(millis).toISOString()
}

/** Reads `true` and `false` written as a string; leaves everything else to the schema behind it. */
export const wireBoolean = (value: unknown): unknown => (value === 'true' ? true : value === 'false' ? false : value)

/** Reads the wire form of a field; what it does not read it returns as it is. */
export interface WireReader {
  (value: unknown): unknown
  /** Of an object: the readers of its fields. */
  readonly fields?: WireReaders
  /** Of an array: the reader of its items. */
  readonly items?: WireReader
}

/** Per field: how the wire form is read before the canonical schema judges it. */
export type WireReaders = Readonly<Record<string, WireReader>>

/** Reads the fields of an object that is a field of an event. */
export const wireObject = (fields: WireReaders): WireReader =>
  Object.assign(
    (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
      const object = value as Readonly<Record<string, unknown>>
      const read = readWire(object, fields)
      return Object.keys(fields).some(field => read[field] !== object[field]) ? read : value
    },
    { fields },
  )

/** Reads the items of an array that is a field of an event. */
export const wireList = (items: WireReader): WireReader =>
  Object.assign(
    (value: unknown): unknown => {
      if (!Array.isArray(value)) return value
      const read = value.map(item => items(item))
      return read.some((item, index) => item !== value[index]) ? read : value
    },
    { items },
  )

/** Applies the readers to a shallow copy of `record`; fields without a reader, unknown ones included, stay as they are. */
export function readWire(record: Readonly<Record<string, unknown>>, readers: WireReaders): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(record)) {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined
    copy[key] = reader ? reader(record[key]) : record[key]
  }
  return copy
}
