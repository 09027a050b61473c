import { type LakeManifest, manifestPath, temporaryPath } from '@millrace/contracts'
import { lakeError } from '../errors.ts'
import type { Lake } from '../lake.ts'
import { readManifest } from '../manifests.ts'

/** A claim under way. Kept over failed attempts: what was staged is never written again, because an unanswered rename may still move it. */
export interface Claim {
  readonly manifest: LakeManifest
  staged: string | null
  tried: boolean
}

export const newClaim = (manifest: LakeManifest): Claim => ({ manifest, staged: null, tried: false })

/**
 * Claims the range of `claim.manifest` by renaming its manifest onto the name of its first offset, which never replaces one.
 * @param nextName gives a name that was not used before in this writer's life
 * @returns the manifest that owns the first offset: the given one, or that of the writer that was faster
 * @throws retryable lake errors; calling again goes on with the same claim
 */
export async function settleClaim(lake: Lake, claim: Claim, nextName: () => string): Promise<LakeManifest> {
  const { topic, partition, firstOffset, writerId } = claim.manifest
  const target = manifestPath(topic, partition, firstOffset)
  const owner = () => readManifest(lake, topic, partition, firstOffset)
  if (claim.tried) {
    const settled = await owner()
    if (settled) return settled
  }
  if (claim.staged === null) {
    const path = temporaryPath(topic, partition, firstOffset, writerId, `${nextName()}.json`)
    await lake.write(path, Buffer.from(`${JSON.stringify(claim.manifest)}\n`))
    claim.staged = path
  }
  claim.tried = true
  const outcome = await lake.rename(claim.staged, target)
  if (outcome === 'renamed') return claim.manifest
  const settled = await owner()
  if (settled) return settled
  if (outcome === 'source-missing') claim.staged = null
  throw lakeError('claim_unsettled', { path: target })
}
