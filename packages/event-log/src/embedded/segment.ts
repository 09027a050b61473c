import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { logError } from '../errors.ts'
import { decodeHeader, FRAME_HEADER, payloadIsWhole } from './frame.ts'

/** One file of a partition, named by the offset of its first record. */
export interface Segment {
  readonly file: string
  readonly firstOffset: number
  /** Bytes of whole frames. */
  bytes: number
  /** Offset after its last record. */
  nextOffset: number
  /** Newest record timestamp, ms; -Infinity when empty. */
  newestMs: number
  /** Sparse: offsets of some frames, ascending, and where they begin. */
  readonly indexOffsets: number[]
  readonly indexPositions: number[]
}

const INDEX_EVERY_BYTES = 16 << 10
const SCAN_BYTES = 1 << 20

export const segmentName = (firstOffset: number): string => `${String(firstOffset).padStart(20, '0')}.log`

export const emptySegment = (file: string, firstOffset: number): Segment => ({
  file,
  firstOffset,
  bytes: 0,
  nextOffset: firstOffset,
  newestMs: Number.NEGATIVE_INFINITY,
  indexOffsets: [],
  indexPositions: [],
})

/** Notes that a frame begins at `position`; keeps about one entry in 16 KiB. */
export function indexFrame(segment: Segment, offset: number, position: number): void {
  const last = segment.indexPositions.at(-1)
  if (last !== undefined && position - last < INDEX_EVERY_BYTES) return
  segment.indexOffsets.push(offset)
  segment.indexPositions.push(position)
}

/** Where to begin reading for `offset`: the last indexed frame that begins at or before it. */
export function seekPosition(segment: Segment, offset: number): number {
  const { indexOffsets, indexPositions } = segment
  let low = 0
  let high = indexOffsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (indexOffsets[middle]! <= offset) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : indexPositions[low - 1]!
}

/** Fills `buffer` from `position`; returns the bytes read, fewer only at the end of the file. */
export async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/**
 * Reads a whole segment, checking every frame, and rebuilds its index.
 * @returns the segment, and how many bytes of an unfinished frame follow it in the file
 * @throws corrupt_segment where bytes were changed after they were written
 */
export async function scanSegment(
  file: string,
  firstOffset: number,
): Promise<{ readonly segment: Segment; readonly tornBytes: number }> {
  const segment = emptySegment(file, firstOffset)
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    let buffer = Buffer.allocUnsafe(SCAN_BYTES)
    while (segment.bytes < size) {
      const filled = await readFully(
        handle,
        buffer.subarray(0, Math.min(buffer.length, size - segment.bytes)),
        segment.bytes,
      )
      let at = 0
      let needed = 0
      while (at + FRAME_HEADER <= filled) {
        const position = segment.bytes + at
        const header = decodeHeader(buffer, at)
        if (!header)
          throw logError('corrupt_segment', { file, position, reason: 'the checksum of a frame header is wrong' })
        const frameBytes = FRAME_HEADER + header.payloadBytes
        if (at + frameBytes > filled) {
          needed = frameBytes
          break
        }
        if (!payloadIsWhole(buffer, at, header))
          throw logError('corrupt_segment', { file, position, reason: 'the checksum of a frame is wrong' })
        if (header.firstOffset !== segment.nextOffset)
          throw logError('corrupt_segment', {
            file,
            position,
            reason: `a frame begins at offset ${header.firstOffset}, expected ${segment.nextOffset}`,
          })
        indexFrame(segment, header.firstOffset, position)
        segment.nextOffset += header.count
        segment.newestMs = Math.max(segment.newestMs, header.newestMs)
        at += frameBytes
      }
      segment.bytes += at
      if (size - segment.bytes < Math.max(needed, FRAME_HEADER)) break
      if (needed > buffer.length) buffer = Buffer.allocUnsafe(needed)
    }
    return { segment, tornBytes: size - segment.bytes }
  } finally {
    await handle.close()
  }
}

const indexFile = (file: string): string => file.replace(/\.log$/, '.index')

/** Stores what is known of a segment that will not be written again, so that the next start need not read it. */
export async function saveIndex(segment: Segment): Promise<void> {
  const count = segment.indexOffsets.length
  const buffer = Buffer.allocUnsafe(4 + 8 * (3 + 2 * count))
  buffer.writeDoubleLE(segment.bytes, 4)
  buffer.writeDoubleLE(segment.nextOffset, 12)
  buffer.writeDoubleLE(segment.newestMs, 20)
  for (let i = 0; i < count; i++) {
    buffer.writeDoubleLE(segment.indexOffsets[i]!, 28 + 16 * i)
    buffer.writeDoubleLE(segment.indexPositions[i]!, 36 + 16 * i)
  }
  buffer.writeUInt32LE(crc32(buffer.subarray(4)), 0)
  const target = indexFile(segment.file)
  await writeFile(`${target}.tmp`, buffer)
  await rename(`${target}.tmp`, target)
}

/** The segment as `saveIndex` stored it, or null when there is no usable index for a file of `bytes`. */
export async function loadIndex(file: string, firstOffset: number, bytes: number): Promise<Segment | null> {
  const buffer = await readFile(indexFile(file)).catch(() => null)
  if (!buffer || buffer.length < 28 || crc32(buffer.subarray(4)) !== buffer.readUInt32LE(0)) return null
  if (buffer.readDoubleLE(4) !== bytes) return null
  const segment = emptySegment(file, firstOffset)
  segment.bytes = bytes
  segment.nextOffset = buffer.readDoubleLE(12)
  segment.newestMs = buffer.readDoubleLE(20)
  for (let at = 28; at < buffer.length; at += 16) {
    segment.indexOffsets.push(buffer.readDoubleLE(at))
    segment.indexPositions.push(buffer.readDoubleLE(at + 8))
  }
  return segment
}

export const segmentFiles = (segment: Segment): readonly string[] => [segment.file, indexFile(segment.file)]
