import { z } from 'zod'
import { approachFeatures } from './measure-approach.ts'

/** Kinds of cheating that the model speaks of. */
export const kinds = ['jump', 'snap', 'macro', 'rate', 'clock'] as const
export type Kind = (typeof kinds)[number]

/** Features of the kinds that need the approach, in the order in which they are measured. */
export const aimFeatures = [...approachFeatures, 'wayToUsual'] as const

/** Version of the artefact that this service reads. */
export const ARTEFACT_VERSION = 1

const share = z.number().min(0).max(1)

const table = z
  .strictObject({
    feature: z.string(),
    edges: z.array(z.number()).min(1).describe('between the bins, rising, in the unit of the feature'),
    weights: z.array(z.number().min(-20).max(20)).describe('log likelihood ratio of each bin, cheating to honest'),
    reference: z
      .array(share)
      .describe("share of honest people's values in each bin, to which those of a day are compared"),
  })
  .refine(({ edges, weights }) => weights.length === edges.length + 1, { error: 'expected one weight more than edges' })
  .refine(({ edges, reference }) => reference.length === edges.length + 1, {
    error: 'expected one share of the reference more than edges',
  })
  .refine(({ edges }) => edges.every((edge, n) => n === 0 || edge > edges[n - 1]!), { error: 'expected rising edges' })

const evidence = z.strictObject({
  intercept: z.number().describe('log likelihood ratio before the features'),
  tables: z.array(table).min(1),
  mixture: share.gt(0).lt(1).describe('share of what a cheater does that is altered, as the statistic assumes'),
  threshold: z.number().positive().describe('the player is reported when the statistic reaches this'),
  sign: z.strictObject({
    conditions: z
      .array(z.strictObject({ feature: z.string(), atLeast: z.number().optional(), atMost: z.number().optional() }))
      .min(1)
      .describe('what a referee is told to look at: all of these'),
    people: share.describe("share of people's that have the sign"),
  }),
})

const tablesOf = (features: readonly string[]) =>
  evidence.refine(
    ({ tables }) => tables.every(({ feature }, n) => feature === features[n]) && tables.length === features.length,
    {
      error: `expected tables of ${features.join(', ')}`,
      path: ['tables'],
    },
  )

/** The artefact of the additive model: every number that was fitted or chosen, and nothing else. */
export const additiveEvidenceArtefact = z.strictObject({
  kind: z.literal('additive-evidence'),
  version: z.literal(ARTEFACT_VERSION, { error: `this service reads version ${ARTEFACT_VERSION}` }),
  id: z.string().regex(/^[a-z0-9-]+$/),
  /** What the numbers were fitted on, and its licence. */
  source: z.string(),
  licence: z.string(),
  people: z.int().min(1).describe('how many people the recordings are of'),
  evidence: z.strictObject({
    jump: tablesOf(aimFeatures),
    snap: tablesOf(aimFeatures),
    macro: tablesOf(['gapSpread']),
    rate: tablesOf(['clicksPerSecond']),
    clock: tablesOf(['clockDrift']),
  }),
  mostLogRatio: z.number().positive().max(10).describe('what one approach can say at most, log likelihood ratio'),
  episodePrior: share.gt(0).lt(1).describe('probability that a player cheats in one way at a given time'),
  calibration: z
    .array(z.tuple([share, share]))
    .min(2)
    .refine(
      points =>
        points[0]![0] === 0 &&
        points.at(-1)![0] === 1 &&
        points.every(([at, is], n) => n === 0 || (at > points[n - 1]![0] && is >= points[n - 1]![1])),
      { error: 'expected points that rise from 0 to 1' },
    )
    .describe('[probability as computed, probability as observed], straight between'),
  suspiciousFrom: share.gt(0),
  incidentGapMs: z.int().positive(),
})

export type AdditiveEvidenceArtefact = z.infer<typeof additiveEvidenceArtefact>
export type EvidenceTables = AdditiveEvidenceArtefact['evidence'][Kind]
