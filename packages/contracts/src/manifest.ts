import { z } from 'zod'
import { instant } from './wire.ts'

const offset = z.int().min(0)
/** First and last offset of a range. */
export const offsetRange = z.tuple([offset, offset])
export type OffsetRange = z.infer<typeof offsetRange>

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
        offsets: z.base64().optional(),
      }),
    )
    .describe(
      'path, temporaryPath, rows, bytes and sha256 of each data file; offsets of its rows where the format has no place for them (base64 of a zstd frame of LEB128 numbers: the first offset, then for each row how many offsets were left out before it)',
    ),
  eventTimeFrom: instant.nullable().describe('earliest event time of the range, erased rows included'),
  eventTimeTo: instant.nullable().describe('latest event time of the range, erased rows included'),
  writerId: z.string().describe('who claimed the range'),
  createdAt: instant.describe('when it was claimed'),
  revision: z
    .int()
    .min(1)
    .optional()
    .describe(
      'how often rows were erased from the range; of the manifests of a range the one with the highest revision counts',
    ),
  replaces: z.string().optional().describe('path of the manifest that it replaces'),
  erased: z
    .array(offsetRange)
    .optional()
    .describe('offsets of the rows that were erased, first and last of each range, ascending; of all erasures'),
  erasures: z.array(z.string()).optional().describe('ids of the erasures; their receipts are in `_erasures`'),
})

export type LakeManifest = z.infer<typeof lakeManifest>
