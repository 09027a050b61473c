import { z } from 'zod'
import { offsetRange } from './manifest.ts'
import { instant } from './wire.ts'

const count = z.int().min(0)
const byPartition = <T extends z.ZodType>(value: T) => z.record(z.string(), z.record(z.string(), value))

/** What was erased of one person, or is to be: kept in the lake, so that it can be proved, completed and taken into account. It never names the person. */
export const erasureReceipt = z.object({
  version: z.literal(1).describe('of this format'),
  id: z.string().describe('of the erasure: when it began, and a random part'),
  state: z.enum(['begun', 'complete']).describe('begun: not everything is removed yet; the same command completes it'),
  begunAt: instant.describe('when it began'),
  completedAt: instant.nullable().describe('when it was complete'),
  by: z.string().describe('user and host that ran it'),
  domains: z.array(z.string()).describe('the domains in which the person was erased'),
  salt: z.string().describe('random, base64; of the hashes'),
  person: z
    .object({ kind: z.string(), hash: z.string() })
    .describe('kind of the given identifier, and the SHA-256 of salt, kind and identifier'),
  identifiers: z
    .array(z.object({ kind: z.string(), hash: z.string() }))
    .describe('the same of every identifier of the person that was found'),
  ends: byPartition(count).describe('per topic and partition the offset at which the erasure ends'),
  erased: byPartition(z.array(offsetRange)).describe(
    'per topic and partition the offsets of the records of the person, first and last of each range',
  ),
  lake: z
    .record(z.string(), z.object({ records: count, manifests: count }))
    .describe('per topic the records that were removed from the lake, and the manifests that were replaced'),
  mart: z
    .record(z.string(), z.object({ rows: count, kept: count }))
    .describe('per table the rows that were deleted, and the rows that stay because a later event made them'),
  log: z
    .record(z.string(), z.object({ records: count, until: instant.nullable(), removed: count, later: count }))
    .describe(
      'per topic of the log: records that still hold the person and until when (null: no end by time), keys that were removed from a compacted topic, records that came after the end of the erasure',
    ),
  replaced: z.array(z.string()).describe('paths of the manifests that replace earlier ones'),
  sha256: z.string().describe('SHA-256 of this receipt as canonical JSON (names in order) without this field'),
})

export type ErasureReceipt = z.infer<typeof erasureReceipt>

export const ERASURES_FOLDER = '_erasures'
/** Path of the receipt of an erasure in one of its states. */
export const receiptPath = (id: string, state: ErasureReceipt['state'] | 'rows-deleted'): string =>
  `${ERASURES_FOLDER}/${id}/${state}.json`
/** Folder of the temporary files of an erasure. */
export const erasureTemporaryFolder = (id: string): string => `_tmp/_erasures/${id}`
