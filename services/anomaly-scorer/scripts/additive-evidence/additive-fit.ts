/** A table of one feature: `weights[i]` for values below `edges[i]`, the last weight for the others. */
export interface Table {
  readonly edges: readonly number[]
  readonly weights: readonly number[]
}

export interface Example {
  readonly features: readonly number[]
  readonly isAltered: boolean
}

const BINS = 12
const ROUNDS = 300
const RATE = 0.5

export const binOf = (edges: readonly number[], value: number): number => {
  let bin = 0
  while (bin < edges.length && value >= edges[bin]!) bin++
  return bin
}

/** Edges that cut the values into bins of equal count. */
function edgesOf(values: number[]): number[] {
  const sorted = values.sort((a, b) => a - b)
  const edges = Array.from({ length: BINS - 1 }, (_, n) => sorted[Math.floor(((n + 1) * sorted.length) / BINS)]!)
  return [...new Set(edges.map(edge => Number(edge.toPrecision(4))))]
}

/**
 * Additive log likelihood ratios by penalised logistic regression on the bins of each feature, both classes of equal weight
 * (the log odds are then the log likelihood ratio), by AdaGrad. Weights of features that depend on each other are fitted together,
 * so that their sum counts nothing twice.
 */
export function fitTables(examples: readonly Example[], penalty: number): { tables: Table[]; intercept: number } {
  const count = examples[0]!.features.length
  const edges = Array.from({ length: count }, (_, f) => edgesOf(examples.map(({ features }) => features[f]!)))
  // Weights of all bins in one row, the intercept last.
  const from = edges.map((_, f) => edges.slice(0, f).reduce((sum, cuts) => sum + cuts.length + 1, 0))
  const size = edges.reduce((sum, cuts) => sum + cuts.length + 1, 0)
  const bins = new Uint16Array(examples.length * count)
  for (const [n, { features }] of examples.entries())
    for (let f = 0; f < count; f++) bins[n * count + f] = from[f]! + binOf(edges[f]!, features[f]!)
  const altered = examples.filter(({ isAltered }) => isAltered).length
  const labels = Uint8Array.from(examples, ({ isAltered }) => (isAltered ? 1 : 0))
  const shares = [1 / (examples.length - altered), 1 / altered]
  const weights = new Float64Array(size + 1)
  const slopes = new Float64Array(size + 1)
  const squares = new Float64Array(size + 1).fill(1e-4)
  for (let round = 0; round < ROUNDS; round++) {
    for (let bin = 0; bin < size; bin++) slopes[bin] = penalty * weights[bin]!
    slopes[size] = 0
    for (let n = 0; n < labels.length; n++) {
      let sum = weights[size]!
      for (let at = n * count; at < (n + 1) * count; at++) sum += weights[bins[at]!]!
      const error = (1 / (1 + Math.exp(-sum)) - labels[n]!) * shares[labels[n]!]!
      slopes[size]! += error
      for (let at = n * count; at < (n + 1) * count; at++) slopes[bins[at]!]! += error
    }
    for (let bin = 0; bin <= size; bin++) {
      squares[bin]! += slopes[bin]! ** 2
      weights[bin]! -= (RATE * slopes[bin]!) / Math.sqrt(squares[bin]!)
    }
  }
  const tables = edges.map((cuts, f) => ({
    edges: cuts,
    weights: [...weights.slice(from[f]!, from[f]! + cuts.length + 1)],
  }))
  return { tables, intercept: weights[size]! }
}

export const sumOf = (
  { tables, intercept }: { tables: readonly Table[]; intercept: number },
  features: readonly number[],
) => tables.reduce((sum, { edges, weights }, f) => sum + weights[binOf(edges, features[f]!)]!, intercept)
