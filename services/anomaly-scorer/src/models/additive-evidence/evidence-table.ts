import type { Contribution, FeatureCounts } from '../model.ts'
import type { EvidenceTables } from './artefact.ts'

interface CompiledTable extends FeatureCounts {
  readonly edges: Float64Array
  readonly weights: Float64Array
  readonly counts: Float64Array
}

/** The additive table of one kind of cheating. */
export class EvidenceTable {
  readonly #tables: readonly CompiledTable[]
  readonly #intercept: number
  readonly #conditions: readonly { readonly at: number; readonly atLeast: number; readonly atMost: number }[]
  readonly features: readonly string[]
  readonly threshold: number
  readonly mixture: number
  /** Share of people's that have the sign. */
  readonly people: number

  constructor({ tables, intercept, threshold, mixture, sign }: EvidenceTables) {
    this.#tables = tables.map(({ feature, edges, weights, reference }) => ({
      feature,
      edges: Float64Array.from(edges),
      weights: Float64Array.from(weights),
      counts: new Float64Array(weights.length),
      reference,
    }))
    this.#intercept = intercept
    this.features = tables.map(({ feature }) => feature)
    this.#conditions = sign.conditions.map(
      ({ feature, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }) => ({
        at: this.features.indexOf(feature),
        atLeast,
        atMost,
      }),
    )
    this.threshold = threshold
    this.mixture = mixture
    this.people = sign.people
  }

  /** What was seen of each feature since the start, and what is seen of honest people. */
  get featureCounts(): readonly FeatureCounts[] {
    return this.#tables
  }

  /** Log likelihood ratio of cheating to honest play, natural logarithm; counts the values. */
  logRatio(values: readonly number[]): number {
    let sum = this.#intercept
    for (let n = 0; n < this.#tables.length; n++) {
      const { edges, weights, counts } = this.#tables[n]!
      const bin = binOf(edges, values[n]!)
      counts[bin]!++
      sum += weights[bin]!
    }
    return sum
  }

  hasSign(values: readonly number[]): boolean {
    return this.#conditions.every(({ at, atLeast, atMost }) => values[at]! >= atLeast && values[at]! <= atMost)
  }

  /** What speaks for cheating, largest first: log likelihood ratios. */
  contributions(values: readonly number[]): Contribution[] {
    return this.#tables
      .map(({ feature, edges, weights }, n) => ({
        feature,
        value: rounded(values[n]!),
        contribution: rounded(weights[binOf(edges, values[n]!)]!),
      }))
      .filter(({ contribution }) => contribution > 0)
      .sort((a, b) => b.contribution - a.contribution)
  }
}

function binOf(edges: Float64Array, value: number): number {
  let bin = 0
  while (bin < edges.length && value >= edges[bin]!) bin++
  return bin
}

/** To thousandths. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000 + 0
