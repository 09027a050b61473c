import { type LakeManifest, temporaryFolder } from '@millrace/contracts'
import { lakeError } from '../errors.ts'
import type { Lake } from '../lake.ts'
import { readManifest } from '../manifests.ts'

const TEMPORARY_NAME = /^(\d{20})\./
const PAGE = 1000

/**
 * Renames the files of a claimed range to their final names. A writer does this before it claims the next range, so only the
 * newest range can have files under temporary names. Safe when several writers do it at the same time, and when an erasure
 * replaces the manifest meanwhile: then the files of the newest one get their names.
 * @throws `data_file_missing` when a file is in neither place, `data_file_damaged` when another file has its final name
 */
export async function rollForward(lake: Lake, manifest: LakeManifest): Promise<void> {
  for (const file of manifest.files) {
    const outcome = await lake.rename(file.temporaryPath, file.path)
    if (outcome === 'renamed') continue
    const found = await lake.stat(file.path)
    if (!found) {
      const newest = await readManifest(lake, manifest.topic, manifest.partition, manifest.firstOffset)
      if (newest && (newest.revision ?? 0) > (manifest.revision ?? 0)) return rollForward(lake, newest)
      throw lakeError('data_file_missing', { ...file, where: lake.location })
    }
    if (found.bytes !== file.bytes) {
      throw lakeError('data_file_damaged', {
        path: file.path,
        where: lake.location,
        reason: `it has ${found.bytes} bytes, its manifest says ${file.bytes}`,
      })
    }
  }
}

/**
 * Removes temporary files of lost claims and failed attempts. A file is removed only when a manifest covers its first offset, that
 * manifest has been rolled forward, and does not name the file, or names it and has it under its final name too. All claims on an offset have one name, so the manifest is found by it.
 * @returns how many files were removed
 */
export async function removeTemporaryFiles(lake: Lake, topic: string, partition: number): Promise<number> {
  const folder = temporaryFolder(topic, partition)
  let removed = 0
  let after: string | undefined
  let covering: { readonly first: number; readonly manifest: LakeManifest | null } | undefined
  for (;;) {
    const page = await lake.list(folder, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    for (const { name } of page) {
      const match = TEMPORARY_NAME.exec(name)
      if (!match) continue
      const first = Number(match[1])
      if (covering?.first !== first) covering = { first, manifest: await readManifest(lake, topic, partition, first) }
      const path = `${folder}/${name}`
      if (!covering.manifest) continue
      const named = covering.manifest.files.find(file => file.temporaryPath === path)
      // A named file that has its final name was stored again, by a request that came twice.
      if (named && !(await lake.stat(named.path))) continue
      if (await lake.remove(path)) removed += 1
    }
    if (page.length < PAGE) return removed
    after = page.at(-1)!.name
  }
}
