import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'

const COLUMNS = ['event_id', 'customer_id', 'track_id', 'datetime', 'ismobile', 'listening_zip'] as const

/** A UUID (version 8, RFC 9562) of the event's own number: a repeated line is the same event. */
function idOf(eventId: string): string {
  const bytes = createHash('sha256').update(`millrace:music ${eventId}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A line of a published file of listens, `0,48,453,"2014-10-23 03:26:20",0,"72132"`, as JSON; null where it is none. */
export function readListenCsv(line: string): string | null {
  if (!/^\d+,/.test(line)) return null
  let fields: readonly string[] | undefined
  try {
    fields = (parse(line) as string[][])[0]
  } catch {
    return null
  }
  if (fields?.length !== COLUMNS.length) return null
  const event = Object.fromEntries(COLUMNS.map((name, index) => [name, fields[index]]))
  return JSON.stringify({ eventId: idOf(fields[0]!), ...event })
}
