import { open, rm } from 'node:fs/promises'
import { fromFileSystem } from '../errors.ts'
import type { KeptRows } from './data-format.ts'
import type { OffsetLine } from './read-rows.ts'

const LINE_END = Buffer.from('\n')
/** Lines that are packed and written at once. */
const PART_BYTES = 1 << 20

/** The lines of a data file, and how a copy of it is written. */
export interface CopiedLines {
  /** One for each line, ascending. */
  readonly offsets: readonly number[]
  readonly read: () => AsyncIterable<readonly OffsetLine[]>
  /** What a file with lines of these offsets begins with. */
  readonly head?: (offsets: readonly number[]) => Buffer
  readonly pack?: (lines: Buffer) => Promise<Buffer>
}

/** Writes `target` as a copy without the lines at some offsets, the others byte for byte; none where it would be the same, or empty. */
export async function writeLinesWithout(
  { offsets, read, head, pack }: CopiedLines,
  target: string,
  erased: ReadonlySet<number>,
): Promise<KeptRows> {
  const kept = offsets.filter(offset => !erased.has(offset))
  const removed = offsets.filter(offset => erased.has(offset))
  if (kept.length === 0 || removed.length === 0) return { kept, removed }
  const file = await open(target, 'wx')
  try {
    if (head) await file.writeFile(head(kept))
    let part: Buffer[] = []
    let bytes = 0
    const writePart = async (): Promise<void> => {
      const lines = Buffer.concat(part)
      if (bytes > 0) await file.writeFile(pack ? await pack(lines) : lines)
      part = []
      bytes = 0
    }
    for await (const lines of read())
      for (const { offset, line } of lines) {
        if (erased.has(offset)) continue
        part.push(line, LINE_END)
        bytes += line.length + LINE_END.length
        if (bytes >= PART_BYTES) await writePart()
      }
    await writePart()
    return { kept, removed }
  } catch (error) {
    await rm(target, { force: true })
    throw fromFileSystem(error, { where: 'the local directory', operation: 'write', path: target })
  } finally {
    await file.close()
  }
}
