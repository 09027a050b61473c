import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LakeManifest } from '@millrace/contracts'
import { CodedError } from '@millrace/runtime'
import { lakeError } from './errors.ts'
import type { LakeRow } from './formats/data-format.ts'
import { readNdjson } from './formats/ndjson-format.ts'
import { readParquet } from './formats/parquet-format.ts'
import type { Lake } from './lake.ts'

export type ManifestFile = LakeManifest['files'][number]

/** SHA-256 of a local file, as hex, and its length. */
export async function fileDigest(localFile: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(localFile, { highWaterMark: 256 << 10 })) hash.update(chunk as Buffer)
  return { sha256: hash.digest('hex'), bytes: (await stat(localFile)).size }
}

// Between the claim of a range and the renames a file has its temporary name, and it may be renamed between two reads.
async function fetchFile(lake: Lake, file: ManifestFile, localFile: string): Promise<void> {
  for (const path of [file.path, file.temporaryPath, file.path]) {
    try {
      return await lake.download(path, localFile)
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'not_found')) throw error
    }
  }
  throw lakeError('data_file_missing', { ...file, where: lake.location })
}

/**
 * The rows of a data file that a manifest names, in batches by offset ascending, in bounded memory: the file is fetched into
 * `directory`, checked against the manifest's length and checksum, read, and removed again.
 * @throws `data_file_missing`, `data_file_damaged`
 */
export async function* readDataFile(
  lake: Lake,
  file: ManifestFile,
  { directory }: { readonly directory: string },
): AsyncGenerator<readonly LakeRow[]> {
  const localFile = join(directory, `${randomUUID()}.${file.path.endsWith('.parquet') ? 'parquet' : 'ndjson.zst'}`)
  try {
    await fetchFile(lake, file, localFile)
    const { sha256, bytes } = await fileDigest(localFile)
    if (bytes !== file.bytes || sha256 !== file.sha256) {
      throw lakeError('data_file_damaged', {
        path: file.path,
        where: lake.location,
        reason: `got ${bytes} bytes with SHA-256 ${sha256}, expected ${file.bytes} bytes with ${file.sha256}`,
      })
    }
    yield* file.path.endsWith('.parquet') ? readParquet(localFile) : readNdjson(localFile)
  } finally {
    await rm(localFile, { force: true })
  }
}
