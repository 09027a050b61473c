import type { Column, ColumnType } from '@millrace/contracts'
import type { DataRecord } from './data-format.ts'

const INSTANT = /^\d{4}-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):\d{2}:\d{2}\.\d{3}Z$/

/** The instant in ms when the text is the one way to write it, else undefined. */
function canonicalInstant(text: string): number | undefined {
  const match = INSTANT.exec(text)
  if (!match) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) return undefined
  // Date.parse takes February 30th; only late days of a month need the slower look.
  return Number(match[2]) <= 28 || new Date(ms).toISOString() === text ? ms : undefined
}

/** A value as JSON for its typed column, or undefined when reading the column back would not give the same value. */
function cell(type: ColumnType, value: unknown): string | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? JSON.stringify(value) : undefined
    case 'timestamp': {
      const ms = typeof value === 'string' ? canonicalInstant(value) : undefined
      return ms === undefined ? undefined : String(ms)
    }
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? JSON.stringify(value) : undefined
    case 'bigint':
      return Number.isSafeInteger(value) ? JSON.stringify(value) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'json':
      return JSON.stringify(JSON.stringify(value))
  }
}

/**
 * Makes the encoder of local lines: `o` offset, `t` time of sending, the columns by their position, and `e` with what no
 * typed column can hold as it is: unknown fields, and values that are not of their column's type. Nulls are left out.
 */
export function createRowEncoder(columns: readonly Column[]): (record: DataRecord) => string {
  const positions = new Map(columns.map(({ name, type }, index) => [name, { index, type }]))
  return ({ offset, timestampMs, event }) => {
    let line = `{"o":${offset},"t":${timestampMs}`
    let extra = ''
    for (const name of Object.keys(event)) {
      const value = event[name]
      if (value === null) continue
      const position = positions.get(name)
      const text = position === undefined ? undefined : cell(position.type, value)
      if (position !== undefined && text !== undefined) line += `,"${position.index}":${text}`
      else extra += `${extra === '' ? '{' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`
    }
    return extra === '' ? `${line}}` : `${line},"e":${JSON.stringify(`${extra}}`)}}`
  }
}
