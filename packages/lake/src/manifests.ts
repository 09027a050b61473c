import {
  type LakeManifest,
  lakeManifest,
  manifestFolder,
  manifestPath,
  readManifestName,
  revisedManifestPath,
} from '@millrace/contracts'
import { CodedError } from '@millrace/runtime'
import { lakeError } from './errors.ts'
import type { Lake } from './lake.ts'

const PAGE = 1000

/** A manifest of a range: `revision` 0 is the claim, others replace it after rows were erased. */
export interface ManifestName {
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly revision: number
}

/** Path of a manifest. */
export const pathOfManifest = ({ topic, partition, first, revision }: ManifestName): string =>
  revision === 0 ? manifestPath(topic, partition, first) : revisedManifestPath(topic, partition, first, revision)

/** One manifest, or null where there is none of that revision. */
export async function readRevision(lake: Lake, name: ManifestName): Promise<LakeManifest | null> {
  const { topic, partition, first, revision } = name
  const path = pathOfManifest(name)
  let bytes: Buffer
  try {
    bytes = await lake.read(path)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'not_found') return null
    throw error
  }
  try {
    const manifest = lakeManifest.parse(JSON.parse(String(bytes)))
    if (manifest.topic !== topic || manifest.partition !== partition || manifest.firstOffset !== first)
      throw new Error(`it claims ${manifest.topic}/${manifest.partition} from ${manifest.firstOffset}`)
    if ((manifest.revision ?? 0) !== revision) throw new Error(`it has the revision ${manifest.revision ?? 0}`)
    return manifest
  } catch (error) {
    throw lakeError('manifest_invalid', { path, where: lake.location, reason: (error as Error).message }, error)
  }
}

/** The claim of the range that begins at `first`: its manifest before anything was erased. */
const readClaim = (lake: Lake, topic: string, partition: number, first: number): Promise<LakeManifest | null> =>
  readRevision(lake, { topic, partition, first, revision: 0 })

/** The manifest that counts for the range of a claim: the one with the highest revision. */
async function newestRevision(lake: Lake, claim: LakeManifest): Promise<LakeManifest> {
  const { topic, partition, firstOffset: first } = claim
  const isErased = (await lake.stat(revisedManifestPath(topic, partition, first, 1))) !== null
  if (!isErased) return claim
  const folder = manifestFolder(topic, partition)
  const claimName = manifestPath(topic, partition, first).slice(folder.length + 1)
  let revision = 0
  // The names of revisions come between the beginning that all names of the range share, and the name of the claim.
  let after = claimName.slice(0, claimName.indexOf('.') + 1)
  for (let isDone = false; !isDone; ) {
    const page = await lake.list(folder, { after, limit: 16 })
    isDone = page.length === 0
    for (const { name } of page) {
      if (name >= claimName) isDone = true
      const found = readManifestName(name)
      if (found?.first === first) revision = Math.max(revision, found.revision)
      after = name
    }
  }
  if (revision === 0) return claim
  const newest = await readRevision(lake, { topic, partition, first, revision })
  if (newest) return newest
  throw lakeError('manifest_invalid', {
    path: revisedManifestPath(topic, partition, first, revision),
    where: lake.location,
    reason: 'it was listed, and cannot be found',
  })
}

/** The manifest of the range that begins at `first`, as it counts after the last erasure; null when the range is not claimed. */
export async function readManifest(
  lake: Lake,
  topic: string,
  partition: number,
  first: number,
): Promise<LakeManifest | null> {
  const claim = await readClaim(lake, topic, partition, first)
  return claim && newestRevision(lake, claim)
}

/** The manifest that counts for each claimed range, by first offset ascending. */
async function* newestNames(lake: Lake, topic: string, partition: number): AsyncGenerator<ManifestName> {
  const folder = manifestFolder(topic, partition)
  let after: string | undefined
  let held: ManifestName | undefined
  for (;;) {
    const page = await lake.list(folder, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    for (const { name } of page) {
      const found = readManifestName(name)
      if (!found) continue
      if (held && held.first !== found.first) yield held
      const revision = held?.first === found.first ? Math.max(held.revision, found.revision) : found.revision
      held = { topic, partition, first: found.first, revision }
    }
    if (page.length < PAGE) break
    after = page.at(-1)!.name
  }
  if (held) yield held
}

/**
 * The newest manifest of a partition. Ranges follow one another without a gap, so from any manifest the next one is found
 * by name: with a good hint this costs a few reads however many manifests there are, else one listing. Where rows were erased from the newest
 * range, a short listing of its revisions comes in addition.
 * @param hint first offset of a manifest that was the newest at some time; a wrong hint only costs time
 */
export async function newestManifest(
  lake: Lake,
  { topic, partition, hint }: { readonly topic: string; readonly partition: number; readonly hint: number | null },
): Promise<LakeManifest | null> {
  let newest = hint === null ? null : await readClaim(lake, topic, partition, hint)
  if (newest === null) {
    let last: number | undefined
    for await (const { first } of newestNames(lake, topic, partition)) last = first
    if (last === undefined) return null
    newest = await readClaim(lake, topic, partition, last)
  }
  while (newest !== null) {
    const next = await readClaim(lake, topic, partition, newest.lastOffset + 1)
    if (next === null) return newestRevision(lake, newest)
    newest = next
  }
  return null
}

/**
 * The manifests of a partition in offset order, those that hold offsets from `fromOffset` on; of each range the one that counts after the
 * last erasure. Memory holds one page of names at a time.
 */
export async function* readManifests(
  lake: Lake,
  topic: string,
  partition: number,
  { fromOffset = 0 }: { readonly fromOffset?: number } = {},
): AsyncGenerator<LakeManifest> {
  let held: ManifestName | undefined
  for await (const name of newestNames(lake, topic, partition)) {
    if (held !== undefined && name.first > fromOffset) {
      const manifest = await readRevision(lake, held)
      if (manifest) yield manifest
    }
    held = name
  }
  if (held === undefined) return
  const manifest = await readRevision(lake, held)
  if (manifest && manifest.lastOffset >= fromOffset) yield manifest
}
