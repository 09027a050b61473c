import { z } from 'zod'
import { instant } from './wire.ts'

const offset = z.int().min(0)

/** Claims a range of offsets of one partition and names the data files that hold it. */
export const lakeManifest = z.object({
  version: z.literal(1).describe('of this format'),
  topic: z.string().describe('topic of the range'),
  partition: z.int().min(0).describe('partition of the range'),
  firstOffset: offset.describe('first offset of the range; also the name of the manifest'),
  lastOffset: offset.describe('last offset of the range'),
  kind: z.enum(['data', 'gap']).describe('gap: retention took the range before it could be archived'),
  rows: z.int().min(0).describe('rows in all files'),
  quarantined: z
    .int()
    .min(0)
    .optional()
    .describe('rows with an implausible event time, in the quarantine folder; not in manifests of older writers'),
  files: z
    .array(
      z.object({
        path: z.string().describe('final path below the lake root'),
        temporaryPath: z.string().describe('path until the file got its final name'),
        rows: z.int().min(1),
        bytes: z.int().min(1),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .describe('path, temporaryPath, rows, bytes and sha256 of each data file'),
  eventTimeFrom: instant.nullable().describe('earliest event time of the range'),
  eventTimeTo: instant.nullable().describe('latest event time of the range'),
  writerId: z.string().describe('who claimed the range'),
  createdAt: instant.describe('when it was claimed'),
})

export type LakeManifest = z.infer<typeof lakeManifest>
