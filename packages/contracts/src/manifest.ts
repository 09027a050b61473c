import { z } from 'zod'
import { instant } from './wire.ts'

const offset = z.int().min(0)

/** Claims a range of offsets of one partition and names the data files that hold it. */
export const lakeManifest = z.object({
  version: z.literal(1),
  topic: z.string(),
  partition: z.int().min(0),
  firstOffset: offset,
  lastOffset: offset,
  kind: z.enum(['data', 'gap']).describe('gap: retention took the range before it could be archived'),
  rows: z.int().min(0),
  files: z.array(
    z.object({
      path: z.string().describe('final path below the lake root'),
      temporaryPath: z.string().describe('path until the file got its final name'),
      rows: z.int().min(1),
      bytes: z.int().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  eventTimeFrom: instant.nullable(),
  eventTimeTo: instant.nullable(),
  writerId: z.string(),
  createdAt: instant,
})

export type LakeManifest = z.infer<typeof lakeManifest>
