/** The value below which the given share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('A quantile needs at least one value.')
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

/** Solves the symmetric positive definite system A·x = b by elimination; null where A is singular. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] | null {
  const rows = a.map((row, i) => [...row, b[i]!])
  const n = rows.length
  for (let i = 0; i < n; i++) {
    const pivot = rows[i]![i]!
    if (Math.abs(pivot) < 1e-12) return null
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j]![i]! / pivot
      for (let k = i; k <= n; k++) rows[j]![k]! -= factor * rows[i]![k]!
    }
  }
  const x = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i]![n]!
    for (let k = i + 1; k < n; k++) rest -= rows[i]![k]! * x[k]!
    x[i] = rest / rows[i]![i]!
  }
  return x
}

/**
 * Weights ≥ 0 such that the weighted sum of a row comes nearest to its label (0 or 1) in the sense of least squares, without
 * an intercept. A feature whose weight would be negative, or that says nothing, gets 0.
 */
export function fitWeights(rows: readonly (readonly number[])[], labels: readonly boolean[]): number[] {
  const width = rows[0]?.length ?? 0
  const products = Array.from({ length: width }, () => new Array<number>(width).fill(0))
  const targets = new Array<number>(width).fill(0)
  rows.forEach((row, n) => {
    for (let i = 0; i < width; i++) {
      if (labels[n]) targets[i]! += row[i]!
      for (let j = 0; j < width; j++) products[i]![j]! += row[i]! * row[j]!
    }
  })
  let used = Array.from({ length: width }, (_, i) => i).filter(i => products[i]![i]! > 0)
  for (;;) {
    const solved = solve(
      used.map(i => used.map(j => products[i]![j]!)),
      used.map(i => targets[i]!),
    )
    if (!solved) throw new Error('The features depend on each other: they cannot be weighed.')
    const worst = solved.reduce((least, weight, n) => (weight < (solved[least] ?? 0) ? n : least), -1)
    if (worst < 0) {
      const weights = new Array<number>(width).fill(0)
      used.forEach((feature, n) => {
        weights[feature] = solved[n]!
      })
      return weights
    }
    used = used.filter((_, n) => n !== worst)
  }
}

export interface Scored {
  readonly score: number
  readonly positive: boolean
}

/**
 * The threshold with the best F1.
 * @param position where between the two scores that it separates: 0 = at the lower, 1 = at the higher
 */
export function chooseThreshold(scored: readonly Scored[], position = 0.5): number {
  const sorted = [...scored].sort((a, b) => b.score - a.score)
  const positives = sorted.filter(({ positive }) => positive).length
  let hits = 0
  let best = { f1: -1, threshold: 1 }
  sorted.forEach(({ score, positive }, n) => {
    if (positive) hits++
    const below = sorted[n + 1]?.score ?? 0
    if (below === score) return
    const f1 = (2 * hits) / (n + 1 + positives)
    if (f1 > best.f1) best = { f1, threshold: below + (score - below) * position }
  })
  return best.threshold
}
