import { type LakeManifest, manifestPath, temporaryPath } from '@millrace/contracts'
import { lakeError } from '../errors.ts'
import type { Lake } from '../lake.ts'
import { readManifest } from '../manifests.ts'

/** An unfinished claim. Kept across failed attempts: a staged file is never written again, because an unanswered rename may still move it. */
export interface Claim {
  readonly manifest: LakeManifest
  staged: string | null
  tried: boolean
}

export const newClaim = (manifest: LakeManifest): Claim => ({ manifest, staged: null, tried: false })

/**
 * Claims the range of `claim.manifest` by renaming its manifest onto the name of its first offset, which never replaces one.
 * @param nextName returns a name that this writer has not used before
 * @returns the manifest that owns the first offset: the given one, or that of the writer that claimed it first
 * @throws retryable lake errors; a repeated call continues the same claim
 */
export async function resolveClaim(lake: Lake, claim: Claim, nextName: () => string): Promise<LakeManifest> {
  const { topic, partition, firstOffset, writerId } = claim.manifest
  const target = manifestPath(topic, partition, firstOffset)
  const readOwner = () => readManifest(lake, topic, partition, firstOffset)
  if (claim.tried) {
    const existing = await readOwner()
    if (existing) return existing
  }
  if (claim.staged === null) {
    const path = temporaryPath(topic, partition, firstOffset, writerId, `${nextName()}.json`)
    await lake.write(path, Buffer.from(`${JSON.stringify(claim.manifest)}\n`))
    claim.staged = path
  }
  claim.tried = true
  const outcome = await lake.rename(claim.staged, target)
  if (outcome === 'renamed') return claim.manifest
  const existing = await readOwner()
  if (existing) return existing
  if (outcome === 'source-missing') claim.staged = null
  throw lakeError('claim_unsettled', { path: target })
}
