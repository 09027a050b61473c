import { type Column, hasInexactNumber, hasRewrittenNumber, isExact, membersOf } from '@millrace/contracts'
import type { DataRecord, Line } from './data-format.ts'

const INSTANT = /^\d{4}-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):\d{2}:\d{2}\.\d{3}Z$/

/** Whether the text is an instant in canonical form. */
function isCanonicalInstant(text: string): boolean {
  const match = INSTANT.exec(text)
  if (!match) return false
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) return false
  // Date.parse takes February 30th; only days 29 to 31 need the slower check.
  return Number(match[2]) <= 28 || new Date(ms).toISOString() === text
}

// DuckDB reads -0 as an integer, which has no sign of zero.
const double = (value: unknown): string | undefined =>
  typeof value === 'number' ? (Object.is(value, -0) ? '-0.0' : String(value)) : undefined

const whole = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : undefined

/** Rows that each have the numbers of the columns and no others. */
function rows({ rowColumns }: Column, value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined
  const texts: string[] = []
  for (const row of value as readonly unknown[]) {
    if (!Array.isArray(row) || row.length !== rowColumns.length) return undefined
    const numbers = rowColumns.map(({ type }, index) => (type === 'bigint' ? whole(row[index]) : double(row[index])))
    if (numbers.includes(undefined)) return undefined
    texts.push(`[${numbers.join(',')}]`)
  }
  return `[${texts.join(',')}]`
}

/**
 * A value as JSON for its typed column, or undefined when reading the column back would not give the same value.
 * @param written the value as the record has it; undefined where it is as JSON.stringify writes it
 */
function cell(column: Column, value: unknown, written: string | undefined): string | undefined {
  switch (column.type) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? JSON.stringify(value) : undefined
    case 'timestamp':
      return typeof value === 'string' && isCanonicalInstant(value) ? `"${value}"` : undefined
    case 'double':
      return written && !isExact(written) ? undefined : double(value)
    case 'bigint':
      return written && !isExact(written) ? undefined : whole(value)
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'rows':
      return written && hasInexactNumber(Buffer.from(written)) ? undefined : rows(column, value)
    case 'json':
      return JSON.stringify(written ?? JSON.stringify(value))
  }
}

const OPEN_BRACE_BYTES = 1

/**
 * Creates the encoder of local lines: JSON with `_offset`, `_timestamp` (time of sending, ms), the typed columns by name, and
 * `extra` with unknown fields and with values that their column cannot hold exactly, both as they are written in the record. Nulls
 * of columns are omitted. The bytes of an event in canonical JSON are copied unchanged.
 */
export function createRowEncoder(columns: readonly Column[]): (record: DataRecord) => Line {
  const known = new Map(columns.map(column => [column.name, { column, key: `,${JSON.stringify(column.name)}:` }]))
  return ({ offset, timestampMs, value, event }) => {
    const head = `{"_offset":${offset},"_timestamp":${timestampMs}`
    if (event === null) return { head: `${head},`, body: value, from: OPEN_BRACE_BYTES }
    let line = head
    let extra = ''
    const members = hasRewrittenNumber(value) ? membersOf(value.toString()) : null
    for (const name of Object.keys(event)) {
      const field = event[name]
      const written = members?.get(name)
      const own = known.get(name)
      if (field === null && own) continue
      const text = own && cell(own.column, field, written)
      if (text !== undefined) line += `${own!.key}${text}`
      else extra += `${extra === '' ? '{' : ','}${JSON.stringify(name)}:${written ?? JSON.stringify(field)}`
    }
    return extra === '' ? `${line}}` : `${line},"extra":${JSON.stringify(`${extra}}`)}}`
  }
}
