import { crc32 } from 'node:zlib'
import type { LogRecord, OutgoingRecord } from '../event-log.ts'

/*
 * A segment file is a sequence of frames; a frame is the unit that is written, checked and repaired.
 *
 *   frame  = payload length u32 | payload crc32 u32 | first offset f64 | records u32 | newest timestamp f64 | crc32 of these 28 bytes u32 | payload
 *   record = timestamp f64 | key length u32 | value length u32 | traceparent length u16 | key | value | traceparent
 *
 * Little endian. The header has a checksum of its own, so that a damaged length is not taken for a torn tail.
 */
export const FRAME_HEADER = 32
const RECORD_HEADER = 18
/** A reader fetches whole frames, so they are kept small. */
const MAX_FRAME_BYTES = 256 << 10

export interface FrameHeader {
  readonly payloadBytes: number
  readonly payloadCrc: number
  readonly firstOffset: number
  readonly count: number
  readonly newestMs: number
}

const encodedBytes = (record: OutgoingRecord): number =>
  RECORD_HEADER + record.key.length + record.value.length + (record.traceparent?.length ?? 0)

/** Frames of some records, back to back in one buffer, and where each frame begins. */
export function encodeFrames(
  records: readonly OutgoingRecord[],
  firstOffset: number,
): { buffer: Buffer; frames: { offset: number; position: number }[]; newestMs: number } {
  const frames: { offset: number; position: number; from: number; to: number; bytes: number }[] = []
  let position = 0
  let newestMs = Number.NEGATIVE_INFINITY
  for (let from = 0; from < records.length; ) {
    let bytes = encodedBytes(records[from]!)
    let to = from + 1
    for (; to < records.length; to++) {
      const more = encodedBytes(records[to]!)
      if (bytes + more > MAX_FRAME_BYTES) break
      bytes += more
    }
    frames.push({ offset: firstOffset + from, position, from, to, bytes })
    position += FRAME_HEADER + bytes
    from = to
  }
  const buffer = Buffer.allocUnsafe(position)
  for (const frame of frames) {
    let at = frame.position + FRAME_HEADER
    let newestOfFrame = Number.NEGATIVE_INFINITY
    for (let i = frame.from; i < frame.to; i++) {
      const { key, value, timestampMs, traceparent } = records[i]!
      buffer.writeDoubleLE(timestampMs, at)
      buffer.writeUInt32LE(key.length, at + 8)
      buffer.writeUInt32LE(value.length, at + 12)
      buffer.writeUInt16LE(traceparent?.length ?? 0, at + 16)
      at += RECORD_HEADER
      buffer.set(key, at)
      at += key.length
      buffer.set(value, at)
      at += value.length
      if (traceparent) at += buffer.write(traceparent, at, 'latin1')
      if (timestampMs > newestOfFrame) newestOfFrame = timestampMs
    }
    const start = frame.position
    buffer.writeUInt32LE(frame.bytes, start)
    buffer.writeUInt32LE(crc32(buffer.subarray(start + FRAME_HEADER, at)), start + 4)
    buffer.writeDoubleLE(frame.offset, start + 8)
    buffer.writeUInt32LE(frame.to - frame.from, start + 16)
    buffer.writeDoubleLE(newestOfFrame, start + 20)
    buffer.writeUInt32LE(crc32(buffer.subarray(start, start + 28)), start + 28)
    if (newestOfFrame > newestMs) newestMs = newestOfFrame
  }
  return { buffer, frames, newestMs }
}

/** The header at `at`, or null when its checksum is wrong; the caller makes sure that FRAME_HEADER bytes are there. */
export function decodeHeader(buffer: Buffer, at: number): FrameHeader | null {
  if (crc32(buffer.subarray(at, at + 28)) !== buffer.readUInt32LE(at + 28)) return null
  return {
    payloadBytes: buffer.readUInt32LE(at),
    payloadCrc: buffer.readUInt32LE(at + 4),
    firstOffset: buffer.readDoubleLE(at + 8),
    count: buffer.readUInt32LE(at + 16),
    newestMs: buffer.readDoubleLE(at + 20),
  }
}

export const payloadIsWhole = (buffer: Buffer, at: number, header: FrameHeader): boolean =>
  crc32(buffer.subarray(at + FRAME_HEADER, at + FRAME_HEADER + header.payloadBytes)) === header.payloadCrc

/** Adds to `out` the records of the frame at `at` whose offsets are in [from, to); they share the buffer's memory. */
export function decodeRecords(
  buffer: Buffer,
  at: number,
  options: { header: FrameHeader; topic: string; partition: number; from: number; to: number; out: LogRecord[] },
): void {
  const { header, topic, partition, from, to, out } = options
  let position = at + FRAME_HEADER
  for (let i = 0; i < header.count; i++) {
    const offset = header.firstOffset + i
    const keyAt = position + RECORD_HEADER
    const valueAt = keyAt + buffer.readUInt32LE(position + 8)
    const traceAt = valueAt + buffer.readUInt32LE(position + 12)
    const next = traceAt + buffer.readUInt16LE(position + 16)
    if (offset >= to) return
    if (offset >= from) {
      const record = {
        topic,
        partition,
        offset,
        key: buffer.subarray(keyAt, valueAt),
        value: buffer.subarray(valueAt, traceAt),
        timestampMs: buffer.readDoubleLE(position),
      }
      out.push(next === traceAt ? record : { ...record, traceparent: buffer.toString('latin1', traceAt, next) })
    }
    position = next
  }
}
