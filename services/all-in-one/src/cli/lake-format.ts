import type { LakeFormat } from '@millrace/contracts'
import { UsageError } from './usage-error.ts'

const formats: ReadonlyMap<string, LakeFormat> = new Map([
  ['parquet', 'parquet'],
  ['ndjson', 'ndjson.zst'],
  ['daily-ndjson', 'daily-ndjson'],
])
const names = [...formats.keys()]

/** What the option that takes a format says. */
export const FORMAT_OPTION = ['--format <format>', `files of the lake: ${names.join(', ')}`, 'parquet'] as const

/** The lake format that a person names. */
export function lakeFormat(text: string): LakeFormat {
  const format = formats.get(text)
  if (format !== undefined) return format
  throw new UsageError(`--format is "${text}": expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`)
}
