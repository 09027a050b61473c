/** Rows in the order of their scores, highest first, of which some are positive. */
export interface Ranked {
  readonly rank: Int32Array
  readonly scores: Float32Array
  readonly isPositive: (row: number) => boolean
  /** Whether a row is looked at. */
  readonly isCounted: (row: number) => boolean
}

/** A point of the curve of precision and recall. */
export interface CurvePoint {
  readonly recall: number
  readonly precision: number
}

/** Least step of recall between two points of a curve. */
const STEP = 0.005

/** Numbers of the rows, highest score first. */
export function rankOf(scores: Float32Array): Int32Array {
  const place = (row: number): number => (Number.isNaN(scores[row]) ? Number.NEGATIVE_INFINITY : scores[row]!)
  return Int32Array.from(scores.keys()).sort((a, b) => place(b) - place(a) || a - b)
}

/** Walks down the ranks: how many positives and rows there are up to each score; equal scores are one step. */
function* stepsOf({ rank, scores, isPositive, isCounted }: Ranked): Generator<{ positives: number; all: number }> {
  let [positives, all] = [0, 0]
  for (let n = 0; n < rank.length; n++) {
    const row = rank[n]!
    if (isCounted(row)) {
      all++
      if (isPositive(row)) positives++
    }
    if (n === rank.length - 1 || scores[rank[n + 1]!] !== scores[row]) yield { positives, all }
  }
}

/** Area under the curve of precision and recall as average precision, Σ (Rₙ − Rₙ₋₁) Pₙ; null without positives. */
export function averagePrecision(ranked: Ranked): number | null {
  let [area, before] = [0, 0]
  for (const { positives, all } of stepsOf(ranked)) {
    if (positives > before) area += (positives - before) * (positives / all)
    before = positives
  }
  return before === 0 ? null : area / before
}

/** The curve, thinned out to steps of recall. */
export function precisionRecall(ranked: Ranked): CurvePoint[] {
  let total = 0
  for (const row of ranked.rank) if (ranked.isCounted(row) && ranked.isPositive(row)) total++
  const points: CurvePoint[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const { positives, all } of stepsOf(ranked)) {
    const recall = positives / total
    if (positives === 0 || recall - last < STEP) continue
    last = recall
    points.push({ recall, precision: positives / all })
  }
  return points
}
