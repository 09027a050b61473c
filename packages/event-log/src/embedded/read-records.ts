import { open } from 'node:fs/promises'
import { logError } from '../errors.ts'
import type { LogRecord } from '../event-log.ts'
import { decodeHeader, decodeRecords, FRAME_HEADER, payloadIsWhole } from './frame.ts'
import { readFully, type Segment, seekPosition } from './segment.ts'

/** The last segment that begins at or before `offset`. */
function segmentOf(segments: readonly Segment[], offset: number): Segment {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (segments[middle]!.firstOffset <= offset) low = middle + 1
    else high = middle
  }
  return segments[Math.max(0, low - 1)]!
}

/** Records in [from, to) of one segment: about `maxBytes` of file, and at least one if there is one. */
export async function readRecords(
  segments: readonly Segment[],
  options: { topic: string; partition: number; from: number; to: number; maxBytes: number },
): Promise<LogRecord[]> {
  const { topic, partition, to, maxBytes } = options
  const from = Math.max(options.from, segments[0]!.firstOffset)
  const out: LogRecord[] = []
  if (from >= to) return out
  const segment = segmentOf(segments, from)
  const { file } = segment
  const handle = await open(file, 'r')
  try {
    let position = seekPosition(segment, from)
    let wanted = Math.max(maxBytes, FRAME_HEADER)
    while (out.length === 0 && position < segment.bytes) {
      const available = Math.min(wanted, segment.bytes - position)
      const buffer = Buffer.allocUnsafe(available)
      const filled = await readFully(handle, buffer, position)
      if (filled < available)
        throw logError('corrupt_segment', { file, position: position + filled, reason: 'the file has become shorter' })
      let at = 0
      wanted = Math.max(maxBytes, FRAME_HEADER)
      while (at + FRAME_HEADER <= filled) {
        const header = decodeHeader(buffer, at)
        const damaged = (what: string) => logError('corrupt_segment', { file, position: position + at, reason: what })
        if (!header) throw damaged('the checksum of a frame header is wrong')
        if (header.firstOffset >= to) return out
        const frameBytes = FRAME_HEADER + header.payloadBytes
        if (at + frameBytes > filled) {
          wanted = Math.max(maxBytes, frameBytes)
          break
        }
        if (header.firstOffset + header.count > from) {
          if (!payloadIsWhole(buffer, at, header)) throw damaged('the checksum of a frame is wrong')
          decodeRecords(buffer, at, { header, topic, partition, from, to, out })
        }
        at += frameBytes
      }
      position += at
    }
    return out
  } finally {
    await handle.close()
  }
}
