import { constants, createReadStream } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { fromContent, fromFileSystem } from '../errors.ts'
import type { DataFormat, LakeRow, StoredFiles } from './data-format.ts'
import { unpackOffsets } from './offset-frame.ts'
import { type OffsetLine, readOffsetLines, rowsOf } from './read-rows.ts'
import { recordLine } from './record-line.ts'
import { writeLinesWithout } from './write-lines-without.ts'

/** NDJSON without compression, a file per UTC day: the bytes of each record and a newline, nothing else. */
export function createDailyNdjsonFormat(): DataFormat {
  return {
    name: 'daily-ndjson',
    offsetsInManifest: true,
    encode: recordLine,
    finish: async (linesFile, target) => {
      try {
        await copyFile(linesFile, target, constants.COPYFILE_FICLONE)
      } catch (error) {
        await rm(target, { force: true })
        throw fromFileSystem(error, { where: 'the local directory', operation: 'write', path: target })
      }
    },
    read: readDailyNdjson,
  }
}

function offsetsOf(packed: string | undefined): number[] {
  if (packed === undefined) throw new Error('its manifest does not have the offsets of its lines')
  return unpackOffsets(Buffer.from(packed, 'base64'))
}

async function* linesOf(localFile: string, offsets: readonly number[]): AsyncGenerator<readonly OffsetLine[]> {
  const text = createReadStream(localFile)
  try {
    yield* readOffsetLines(text, offsets)
  } finally {
    text.destroy()
  }
}

/** Rows of a local file as written by `createDailyNdjsonFormat`; `packed` are their offsets, from the manifest. */
export async function* readDailyNdjson(localFile: string, packed?: string): AsyncGenerator<readonly LakeRow[]> {
  try {
    for await (const lines of linesOf(localFile, offsetsOf(packed))) yield rowsOf(lines)
  } catch (error) {
    throw fromContent(error, localFile)
  }
}

/** Copies a local file without the rows at some offsets, the lines of the others byte for byte. */
export const writeDailyNdjsonWithout: StoredFiles['writeWithout'] = async (localFile, { target, erased, offsets }) => {
  try {
    const own = offsetsOf(offsets)
    return await writeLinesWithout({ offsets: own, read: () => linesOf(localFile, own) }, target, erased)
  } catch (error) {
    throw fromContent(error, localFile)
  }
}
