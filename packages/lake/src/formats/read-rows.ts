import { parseExact } from '@millrace/contracts'
import type { LakeRow } from './data-format.ts'
import { readLines } from './read-lines.ts'

/** A line of a data file without its newline. */
export interface OffsetLine {
  readonly offset: number
  readonly line: Buffer
}

/** The lines of a stream that have these offsets, in batches. Throws where there are more lines, or fewer. */
export async function* readOffsetLines(
  text: AsyncIterable<Buffer>,
  offsets: readonly number[],
): AsyncGenerator<readonly OffsetLine[]> {
  let row = 0
  for await (const lines of readLines(text)) {
    if (row + lines.length > offsets.length) throw new Error(`it has more lines than offsets (${offsets.length})`)
    yield lines.map(line => ({ offset: offsets[row++]!, line }))
  }
  if (row < offsets.length) throw new Error(`it has ${row} lines for ${offsets.length} offsets`)
}

/** The rows of lines of NDJSON. */
export const rowsOf = (lines: readonly OffsetLine[]): readonly LakeRow[] =>
  lines.map(({ offset, line }) => ({ offset, event: parseExact(line) as Record<string, unknown> }))
