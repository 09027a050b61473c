import { type LakeManifest, lakeManifest, manifestFolder, manifestPath } from '@millrace/contracts'
import { CodedError } from '@millrace/runtime'
import { lakeError } from './errors.ts'
import type { Lake } from './lake.ts'

const PAGE = 1000
const NAME = /^(\d{20})\.json$/

/** The manifest of the range that begins at `first`, or null when it is not claimed. */
export async function readManifest(
  lake: Lake,
  topic: string,
  partition: number,
  first: number,
): Promise<LakeManifest | null> {
  const path = manifestPath(topic, partition, first)
  let bytes: Buffer
  try {
    bytes = await lake.read(path)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'not_found') return null
    throw error
  }
  try {
    const manifest = lakeManifest.parse(JSON.parse(String(bytes)))
    if (manifest.topic !== topic || manifest.partition !== partition || manifest.firstOffset !== first) {
      throw new Error(`it claims ${manifest.topic}/${manifest.partition} from ${manifest.firstOffset}`)
    }
    return manifest
  } catch (error) {
    throw lakeError('manifest_invalid', { path, where: lake.location, reason: (error as Error).message }, error)
  }
}

/** First offsets of the claimed ranges, ascending, those above `after`. */
async function* claimedFirsts(lake: Lake, topic: string, partition: number): AsyncGenerator<number> {
  const folder = manifestFolder(topic, partition)
  let after: string | undefined
  for (;;) {
    const page = await lake.list(folder, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    for (const { name } of page) {
      const match = NAME.exec(name)
      if (match) yield Number(match[1])
    }
    if (page.length < PAGE) return
    after = page.at(-1)!.name
  }
}

/**
 * The newest manifest of a partition. Ranges follow one another without a gap, so from any manifest the next one is found
 * by name: with a good hint this costs two reads however many manifests there are, else one listing.
 * @param hint first offset of a manifest that was the newest at some time; a wrong hint only costs time
 */
export async function newestManifest(
  lake: Lake,
  { topic, partition, hint }: { readonly topic: string; readonly partition: number; readonly hint: number | null },
): Promise<LakeManifest | null> {
  let newest = hint === null ? null : await readManifest(lake, topic, partition, hint)
  if (newest === null) {
    let last: number | undefined
    for await (const first of claimedFirsts(lake, topic, partition)) last = first
    if (last === undefined) return null
    newest = await readManifest(lake, topic, partition, last)
  }
  while (newest !== null) {
    const next = await readManifest(lake, topic, partition, newest.lastOffset + 1)
    if (next === null) return newest
    newest = next
  }
  return null
}

/**
 * The manifests of a partition in offset order, those that hold offsets from `fromOffset` on. Memory holds one page of names at a
 * time.
 */
export async function* readManifests(
  lake: Lake,
  topic: string,
  partition: number,
  { fromOffset = 0 }: { readonly fromOffset?: number } = {},
): AsyncGenerator<LakeManifest> {
  let held: number | undefined
  for await (const first of claimedFirsts(lake, topic, partition)) {
    if (held !== undefined && first > fromOffset) {
      const manifest = await readManifest(lake, topic, partition, held)
      if (manifest) yield manifest
    }
    held = first
  }
  if (held === undefined) return
  const manifest = await readManifest(lake, topic, partition, held)
  if (manifest && manifest.lastOffset >= fromOffset) yield manifest
}
