import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hashInName, type LakeManifest } from '@millrace/contracts'
import { CodedError } from '@millrace/runtime'
import { lakeError } from './errors.ts'
import type { DataFormat, LakeRow, Offsets, StoredFiles } from './formats/data-format.ts'
import { storedFilesOf } from './formats/format-of.ts'
import { packOffsets } from './formats/offset-frame.ts'
import type { Lake } from './lake.ts'
import { readManifest } from './manifests.ts'

export type ManifestFile = LakeManifest['files'][number]

/** SHA-256 of a local file, as hex, and its length. */
export async function fileDigest(localFile: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(localFile, { highWaterMark: 256 << 10 })) hash.update(chunk as Buffer)
  return { sha256: hash.digest('hex'), bytes: (await stat(localFile)).size }
}

/** A data file on the local disk, with what a manifest says of it. */
export interface BuiltDataFile extends Pick<ManifestFile, 'rows' | 'bytes' | 'sha256' | 'offsets'> {
  readonly localFile: string
}

const describe = async (localFile: string, offsets: Offsets, areInManifest: boolean): Promise<BuiltDataFile> => ({
  localFile,
  rows: offsets.length,
  ...(await fileDigest(localFile)),
  ...(areInManifest ? { offsets: packOffsets(offsets).toString('base64') } : {}),
})

/**
 * Builds one data file of a format from encoded lines.
 * @param linesFile the lines, packed as the format says
 * @param target local path of the data file; it is replaced
 * @param offsets one for each line
 * @throws `disk_full` and other errors of the local disk
 */
export async function buildDataFile(
  format: DataFormat,
  { linesFile, target, offsets }: { readonly linesFile: string; readonly target: string; readonly offsets: Offsets },
): Promise<BuiltDataFile> {
  await format.finish(linesFile, target, offsets)
  return describe(target, offsets, format.offsetsInManifest ?? false)
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

const damaged = (lake: Lake, { path }: ManifestFile, reason: string) =>
  lakeError('data_file_damaged', { path, where: lake.location, reason })

function filesOf(lake: Lake, file: ManifestFile): StoredFiles {
  const files = storedFilesOf(file.path)
  if (files) return files
  throw damaged(lake, file, 'its name does not end as that of a known format')
}

/** Fetches a data file to a local file, and checks it against its name and the length and checksum of its manifest. */
async function fetchDataFile(lake: Lake, file: ManifestFile, localFile: string): Promise<void> {
  await fetchFile(lake, file, localFile)
  const { sha256, bytes } = await fileDigest(localFile)
  if (bytes !== file.bytes || sha256 !== file.sha256)
    throw damaged(
      lake,
      file,
      `got ${bytes} bytes with SHA-256 ${sha256}, expected ${file.bytes} bytes with ${file.sha256}`,
    )
  const named = hashInName(file.path) ?? sha256
  if (named !== sha256) throw damaged(lake, file, `its content has the SHA-256 ${sha256}, its name says ${named}`)
}

/** A copy of a data file without some rows; `built` is null where no row is left, or where it would be the same file. */
export interface DataFileCopy {
  readonly removed: readonly number[]
  readonly built: BuiltDataFile | null
}

/**
 * Builds a copy of a data file that a manifest names without the rows at some offsets.
 * @param target local path of the copy; it must not exist
 * @throws `data_file_missing`, `data_file_damaged`, `disk_full` and other errors of the local disk
 */
export async function copyDataFile(
  lake: Lake,
  file: ManifestFile,
  { target, erased }: { readonly target: string; readonly erased: ReadonlySet<number> },
): Promise<DataFileCopy> {
  const { writeWithout } = filesOf(lake, file)
  const localFile = `${target}.source`
  try {
    await fetchDataFile(lake, file, localFile)
    const { kept, removed } = await writeWithout(localFile, { target, erased, offsets: file.offsets })
    const isWritten = kept.length > 0 && removed.length > 0
    // A file of rows without offsets has them in its manifest.
    return { removed, built: isWritten ? await describe(target, kept, file.offsets !== undefined) : null }
  } finally {
    await rm(localFile, { force: true })
  }
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
  const { read } = filesOf(lake, file)
  const localFile = join(directory, randomUUID())
  try {
    await fetchDataFile(lake, file, localFile)
    yield* read(localFile, file.offsets)
  } finally {
    await rm(localFile, { force: true })
  }
}

export interface ReadRangeOptions {
  /** Local folder for one fetched file at a time; it must exist. */
  readonly directory: string
  /** Called where an erasure replaced the manifest in the meantime: all rows of the range come again, by this one. */
  readonly onRestart?: (manifest: LakeManifest) => void
}

/**
 * The rows of the data files of a range. Where a file is gone because rows were erased from the range meanwhile, it begins again with the
 * newest manifest, so that rows may come twice.
 * @throws `data_file_missing`, `data_file_damaged`
 */
export async function* readRange(
  lake: Lake,
  manifest: LakeManifest,
  { directory, onRestart }: ReadRangeOptions,
): AsyncGenerator<{ readonly file: ManifestFile; readonly rows: readonly LakeRow[] }> {
  for (let current = manifest; ; ) {
    try {
      for (const file of current.files)
        for await (const rows of readDataFile(lake, file, { directory })) yield { file, rows }
      return
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'data_file_missing')) throw error
      const newest = await readManifest(lake, manifest.topic, manifest.partition, manifest.firstOffset)
      if (!newest || (newest.revision ?? 0) <= (current.revision ?? 0)) throw error
      current = newest
      onRestart?.(newest)
    }
  }
}
