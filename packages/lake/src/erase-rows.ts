import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  erasedFilePath,
  erasureTemporaryFolder,
  type LakeManifest,
  lakeManifest,
  type OffsetRange,
  quarantineFolder,
} from '@millrace/contracts'
import { CodedError } from '@millrace/runtime'
import { copyDataFile, type ManifestFile } from './data-file.ts'
import { lakeError } from './errors.ts'
import type { Lake } from './lake.ts'
import { pathOfManifest, readManifest, readRevision } from './manifests.ts'
import { countOffsets, hasOffset, mergeRanges, rangesOf } from './offset-ranges.ts'
import { rollForward } from './segment/roll-forward.ts'

export interface EraseRowsOptions {
  /** Id of the erasure; names its temporary files. */
  readonly erasure: string
  /** Local folder for one data file and its copy; it must exist. */
  readonly directory: string
}

/** A range of the lake by its first offset. */
export interface RangeName {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
}

const MOST_ATTEMPTS = 5

/**
 * Removes rows from the data files of one range. The files are written anew under new names, then a manifest with the next revision is
 * renamed into place, which never replaces one: readers have either the old files or the new ones. Then the old files are removed. A call
 * that was broken off anywhere is completed by the next one; of two erasures at the same time the second begins again.
 * @param offsets of the rows, in ranges; those outside the range do not matter
 * @returns the manifest that counts, and how many rows this call removed; null where the range is not claimed
 */
export async function eraseRows(
  lake: Lake,
  range: RangeName,
  offsets: readonly OffsetRange[],
  options: EraseRowsOptions,
): Promise<{ readonly manifest: LakeManifest; readonly removed: number } | null> {
  const { topic, partition, firstOffset } = range
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const current = await readManifest(lake, topic, partition, firstOffset)
    if (!current) return null
    await rollForward(lake, current)
    await removeReplaced(lake, current)
    const wanted = new Set<number>()
    for (let offset = current.firstOffset; offset <= current.lastOffset; offset++)
      if (hasOffset(offsets, offset) && !hasOffset(current.erased ?? [], offset)) wanted.add(offset)
    if (wanted.size === 0) return { manifest: current, removed: 0 }
    const written = await unlessReplaced(lake, current, () => writeAnew(lake, current, wanted, options))
    if (written === 'replaced') continue
    if (written === null) return { manifest: current, removed: 0 }
    if (!(await commit(lake, written, options))) {
      await removeTemporary(lake, current, written)
      continue
    }
    await rollForward(lake, written)
    await removeReplaced(lake, written)
    return { manifest: written, removed: current.rows - written.rows }
  }
  throw lakeError('claim_unsettled', { path: pathOfManifest({ topic, partition, first: firstOffset, revision: 0 }) })
}

/** Does something with the files of a manifest, unless another erasure replaces it and removes them meanwhile. */
async function unlessReplaced<T>(lake: Lake, current: LakeManifest, work: () => Promise<T>): Promise<T | 'replaced'> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'data_file_missing')) throw error
    const newest = await readManifest(lake, current.topic, current.partition, current.firstOffset)
    if (newest && (newest.revision ?? 0) > (current.revision ?? 0)) return 'replaced'
    throw error
  }
}

/** Uploads the files that change, under temporary names; the manifest that names them. Null where no file has one of the rows. */
async function writeAnew(
  lake: Lake,
  current: LakeManifest,
  wanted: ReadonlySet<number>,
  { erasure, directory }: EraseRowsOptions,
): Promise<LakeManifest | null> {
  const { topic, partition, firstOffset } = current
  const revision = (current.revision ?? 0) + 1
  const files: ManifestFile[] = []
  const gone: number[] = []
  for (const file of current.files) {
    const target = join(directory, randomUUID())
    try {
      const { removed, built } = await copyDataFile(lake, file, { target, erased: wanted })
      gone.push(...removed)
      if (removed.length === 0) files.push(file)
      if (!built) continue
      const { localFile, ...described } = built
      const temporaryPath = `${erasureTemporaryFolder(erasure)}/${topic}.${partition}.${firstOffset}.${randomUUID()}`
      await lake.write(temporaryPath, { localFile })
      const path = erasedFilePath(file.path, { revision, sha256: built.sha256 })
      files.push({ path, temporaryPath, ...described })
    } finally {
      await rm(target, { force: true })
    }
  }
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  if (gone.length === 0) return null
  const quarantined = files
    .filter(({ path }) => path.startsWith(`${quarantineFolder(topic)}/`))
    .reduce((sum, file) => sum + file.rows, 0)
  const erased = mergeRanges([...(current.erased ?? []), ...rangesOf(gone)])
  const erasures = [...(current.erasures ?? []).filter(id => id !== erasure), erasure]
  return {
    ...current,
    ...{ rows, files, revision, erased, erasures },
    ...(current.quarantined !== undefined && { quarantined }),
    replaces: pathOfManifest({ topic, partition, first: firstOffset, revision: revision - 1 }),
  }
}

/** Puts a manifest into place. False where another erasure has replaced the manifest first. */
async function commit(lake: Lake, manifest: LakeManifest, { erasure }: EraseRowsOptions): Promise<boolean> {
  const { topic, partition, firstOffset: first, revision = 0 } = manifest
  const name = { topic, partition, first, revision }
  const staged = `${erasureTemporaryFolder(erasure)}/${topic}.${partition}.${first}.${randomUUID()}.json`
  const text = `${JSON.stringify(manifest)}\n`
  await lake.write(staged, Buffer.from(text))
  const outcome = await lake.rename(staged, pathOfManifest(name))
  if (outcome === 'renamed') return true
  // After a lost answer it may be there by our own rename.
  const there = await readRevision(lake, name)
  await lake.remove(staged)
  return there !== null && JSON.stringify(there) === JSON.stringify(lakeManifest.parse(JSON.parse(text)))
}

/** Removes the files that were uploaded for a manifest that did not come into place. */
async function removeTemporary(lake: Lake, current: LakeManifest, written: LakeManifest): Promise<void> {
  const kept = new Set(current.files.map(({ temporaryPath }) => temporaryPath))
  for (const { temporaryPath } of written.files) if (!kept.has(temporaryPath)) await lake.remove(temporaryPath)
}

/** Removes the files of earlier manifests of a range that its newest manifest does not name any more. */
async function removeReplaced(lake: Lake, newest: LakeManifest): Promise<void> {
  const { topic, partition, firstOffset: first } = newest
  const kept = new Set(newest.files.map(({ path }) => path))
  for (let revision = (newest.revision ?? 0) - 1; revision >= 0; revision--) {
    const earlier = await readRevision(lake, { topic, partition, first, revision })
    for (const { path, temporaryPath } of earlier?.files ?? [])
      if (!kept.has(path)) {
        await lake.remove(path)
        await lake.remove(temporaryPath)
      }
  }
}

/** Removes the temporary files of an erasure of which every range is done. */
export async function removeErasureFiles(lake: Lake, erasure: string): Promise<void> {
  const folder = erasureTemporaryFolder(erasure)
  for (;;) {
    const page = await lake.list(folder, { limit: 1000 })
    if (page.length === 0) return
    for (const { name } of page) await lake.remove(`${folder}/${name}`)
  }
}

/** The rows of a range that erasures have removed. */
export const erasedRowsOf = ({ erased = [] }: LakeManifest): number => countOffsets(erased)
