import { UsageError } from './usage-error.ts'

/** The lake format that a person names. */
export function lakeFormat(text: string): 'parquet' | 'ndjson.zst' {
  if (text === 'parquet') return 'parquet'
  if (text === 'ndjson') return 'ndjson.zst'
  throw new UsageError(`--format is "${text}": expected parquet or ndjson.`)
}
