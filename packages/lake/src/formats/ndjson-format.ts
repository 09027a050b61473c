import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createZstdDecompress, zstdCompress } from 'node:zlib'
import { parseExact } from '@millrace/contracts'
import { fromFileSystem, lakeError } from '../errors.ts'
import type { DataFormat, LakeRow } from './data-format.ts'
import { OFFSET_FRAME_HEADER_BYTES, offsetFrame, offsetFrameLength, readOffsetFrame } from './offset-frame.ts'
import { readLines } from './read-lines.ts'

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const CHUNK_BYTES = 256 << 10

/** The record without line breaks. In valid JSON they occur between tokens only, where a space means the same. */
function oneLine(value: Buffer): Buffer {
  if (!value.includes(NEWLINE) && !value.includes(RETURN)) return value
  return Buffer.from(value.map(byte => (byte === NEWLINE || byte === RETURN ? SPACE : byte)))
}

const compress = promisify(zstdCompress)

/** NDJSON with zstd level 1: the bytes of each record and a newline, in frames; the offsets are in a skippable frame at the start. */
export function createNdjsonFormat(): DataFormat {
  return {
    name: 'ndjson.zst',
    // Canonical JSON has no line breaks.
    encode: ({ value, event }) => (event === null ? value : oneLine(value)),
    pack: lines => compress(lines, { chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
    unpack: packedFile => packedFile.pipe(createZstdDecompress()),
    finish: async (linesFile, target, offsets) => {
      try {
        const sink = createWriteStream(target)
        sink.write(offsetFrame(offsets))
        await pipeline(createReadStream(linesFile, { highWaterMark: CHUNK_BYTES }), sink)
      } catch (error) {
        await rm(target, { force: true })
        throw fromFileSystem(error, { where: 'the local directory', operation: 'write', path: target })
      }
    },
    read: readNdjson,
  }
}

async function offsetsOf(localFile: string): Promise<number[]> {
  const file = await open(localFile)
  try {
    const header = Buffer.alloc(OFFSET_FRAME_HEADER_BYTES)
    await file.read(header, 0, header.length, 0)
    const length = offsetFrameLength(header)
    if (length === null) throw new Error('it does not begin with the offsets of its lines')
    const frame = Buffer.alloc(length)
    const { bytesRead } = await file.read(frame, 0, length, 0)
    if (bytesRead < length) throw new Error('it ends within the offsets of its lines')
    return readOffsetFrame(frame)
  } finally {
    await file.close()
  }
}

/** Rows of a local file as written by `createNdjsonFormat`. */
export async function* readNdjson(localFile: string): AsyncGenerator<readonly LakeRow[]> {
  try {
    const offsets = await offsetsOf(localFile)
    let row = 0
    const source = createReadStream(localFile)
    const text = createZstdDecompress()
    const flow = pipeline(source, text).catch(() => {})
    try {
      for await (const lines of readLines(text)) {
        if (row + lines.length > offsets.length) throw new Error(`it has more lines than offsets (${offsets.length})`)
        yield lines.map(line => ({
          offset: offsets[row++]!,
          event: parseExact(line) as Record<string, unknown>,
        }))
      }
    } finally {
      source.destroy()
      text.destroy()
      await flow
    }
    if (row < offsets.length) throw new Error(`it has ${row} lines for ${offsets.length} offsets`)
  } catch (error) {
    throw lakeError(
      'data_file_damaged',
      { path: localFile, where: 'the local directory', reason: (error as Error).message },
      error,
    )
  }
}
