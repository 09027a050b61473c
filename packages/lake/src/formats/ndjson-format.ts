import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createZstdDecompress, zstdCompress } from 'node:zlib'
import { fromContent, fromFileSystem } from '../errors.ts'
import type { DataFormat, LakeRow, StoredFiles } from './data-format.ts'
import { OFFSET_FRAME_HEADER_BYTES, offsetFrame, offsetFrameLength, readOffsetFrame } from './offset-frame.ts'
import { type OffsetLine, readOffsetLines, rowsOf } from './read-rows.ts'
import { recordLine } from './record-line.ts'
import { writeLinesWithout } from './write-lines-without.ts'

const CHUNK_BYTES = 256 << 10

const compress = promisify(zstdCompress)
const pack = (lines: Buffer): Promise<Buffer> =>
  compress(lines, { chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_c_compressionLevel]: 1 } })

/** NDJSON with zstd level 1: the bytes of each record and a newline, in frames; the offsets are in a skippable frame at the start. */
export function createNdjsonFormat(): DataFormat {
  return {
    name: 'ndjson.zst',
    encode: recordLine,
    pack,
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

async function* linesOf(localFile: string, offsets: readonly number[]): AsyncGenerator<readonly OffsetLine[]> {
  const source = createReadStream(localFile)
  const text = createZstdDecompress()
  const flow = pipeline(source, text).catch(() => {})
  try {
    yield* readOffsetLines(text, offsets)
  } finally {
    source.destroy()
    text.destroy()
    await flow
  }
}

/** Rows of a local file as written by `createNdjsonFormat`. */
export async function* readNdjson(localFile: string): AsyncGenerator<readonly LakeRow[]> {
  try {
    for await (const lines of linesOf(localFile, await offsetsOf(localFile))) yield rowsOf(lines)
  } catch (error) {
    throw fromContent(error, localFile)
  }
}

/** Copies a local file without the rows at some offsets, the lines of the others byte for byte. */
export const writeNdjsonWithout: StoredFiles['writeWithout'] = async (localFile, { target, erased }) => {
  try {
    const offsets = await offsetsOf(localFile)
    const lines = { offsets, read: () => linesOf(localFile, offsets), head: offsetFrame, pack }
    return await writeLinesWithout(lines, target, erased)
  } catch (error) {
    throw fromContent(error, localFile)
  }
}
