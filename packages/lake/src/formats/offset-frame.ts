import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Offsets } from './data-format.ts'
import { Leb128Writer, readLeb128 } from './leb128.ts'

/*
 * The offsets of an NDJSON file's lines are in a zstd skippable frame before the data. Every zstd reader skips it,
 * so the file is ordinary compressed NDJSON. Payload: version byte, then zstd of LEB128 deltas; consecutive offsets need almost no space.
 */

const MAGIC = 0x184d2a5e
const HEADER_BYTES = 8
const VERSION = 1

/** The offsets of a file's rows in little space: zstd of LEB128 deltas. */
export function packOffsets(offsets: Offsets): Buffer {
  const deltas = new Leb128Writer()
  let previous = -1
  offsets.forEach(offset => {
    deltas.write(offset - previous - 1)
    previous = offset
  })
  return zstdCompressSync(deltas.written)
}

/** What `packOffsets` packed. Throws where it is something else. */
export function unpackOffsets(packed: Buffer): number[] {
  const offsets: number[] = []
  let previous = -1
  readLeb128(zstdDecompressSync(packed), delta => {
    previous += delta + 1
    offsets.push(previous)
  })
  return offsets
}

export function offsetFrame(offsets: Offsets): Buffer {
  const payload = packOffsets(offsets)
  const frame = Buffer.alloc(HEADER_BYTES + 1)
  frame.writeUInt32LE(MAGIC, 0)
  frame.writeUInt32LE(payload.length + 1, 4)
  frame[HEADER_BYTES] = VERSION
  return Buffer.concat([frame, payload])
}

/** Length of the frame that starts with these bytes, or null when they do not start an offset frame. */
export const offsetFrameLength = (start: Buffer): number | null =>
  start.length >= HEADER_BYTES && start.readUInt32LE(0) === MAGIC ? HEADER_BYTES + start.readUInt32LE(4) : null

export const OFFSET_FRAME_HEADER_BYTES = HEADER_BYTES

export function readOffsetFrame(frame: Buffer): number[] {
  if (frame[HEADER_BYTES] !== VERSION) throw new Error(`offset frame of unknown version ${frame[HEADER_BYTES]}`)
  return unpackOffsets(frame.subarray(HEADER_BYTES + 1))
}
