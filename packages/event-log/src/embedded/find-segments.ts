import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { logError } from '../errors.ts'
import { loadIndex, type Segment, scanSegment } from './segment.ts'

/**
 * The segments in a partition's folder, ascending, as whole frames go; changes nothing.
 * @returns also how many bytes of an unfinished frame follow the last one
 * @throws corrupt_segment where a segment is missing, or bytes were changed after they were written
 */
export async function findSegments(
  directory: string,
): Promise<{ readonly segments: Segment[]; readonly tornBytes: number }> {
  const names = (await readdir(directory)).filter(name => /^\d{20}\.log$/.test(name)).sort()
  const segments: Segment[] = []
  for (const [index, name] of names.entries()) {
    const file = join(directory, name)
    const firstOffset = Number(name.slice(0, 20))
    const isLast = index === names.length - 1
    const { size } = await stat(file)
    const expected = segments.at(-1)?.nextOffset ?? firstOffset
    if (firstOffset !== expected)
      throw logError('corrupt_segment', { file, position: 0, reason: `expected a segment that begins at ${expected}` })
    const indexed = isLast ? null : await loadIndex(file, firstOffset, size)
    if (indexed) {
      segments.push(indexed)
      continue
    }
    const { segment, tornBytes } = await scanSegment(file, firstOffset)
    segments.push(segment)
    if (isLast) return { segments, tornBytes }
    if (tornBytes > 0)
      throw logError('corrupt_segment', { file, position: segment.bytes, reason: 'the file ends within a frame' })
  }
  return { segments, tornBytes: 0 }
}
