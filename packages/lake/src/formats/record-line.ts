import type { DataRecord } from './data-format.ts'

const NEWLINE = 10
const RETURN = 13
const SPACE = 32

/** The record without line breaks. In valid JSON they occur between tokens only, where a space means the same. */
function oneLine(value: Buffer): Buffer {
  if (!value.includes(NEWLINE) && !value.includes(RETURN)) return value
  return Buffer.from(value.map(byte => (byte === NEWLINE || byte === RETURN ? SPACE : byte)))
}

/** A record as a line of NDJSON: its bytes. Canonical JSON has no line breaks. */
export const recordLine = ({ value, event }: DataRecord): Buffer => (event === null ? value : oneLine(value))
