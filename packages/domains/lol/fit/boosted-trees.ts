const BINS = 48
const TREES = 150
const DEPTH = 4
const RATE = 0.05
const LEAST_LEAF = 30
const RIDGE = 1

/** One node of a tree: rows whose bin of the feature is at most `bin` go to `low`. A leaf has no children. */
interface Node {
  readonly feature: number
  readonly bin: number
  readonly low: Node | null
  readonly high: Node | null
  readonly value: number
}

export type Matrix = readonly (readonly number[])[]

/** Values at even ranks of each feature, which divide it into bins. */
function edgesOf(rows: Matrix): number[][] {
  return rows[0]!.map((_, feature) => {
    const sorted = rows.flatMap(row => (Number.isNaN(row[feature]!) ? [] : [row[feature]!])).sort((a, b) => a - b)
    const edges = Array.from(
      { length: BINS - 2 },
      (_, rank) => sorted[Math.floor(((rank + 1) / (BINS - 1)) * sorted.length)],
    )
    return [...new Set(edges)].filter(edge => edge !== undefined)
  })
}

/** Bins of all values by feature; bin 0 is unknown (NaN). */
function binsOf(rows: Matrix, edges: readonly (readonly number[])[]): Uint8Array[] {
  return edges.map((own, feature) =>
    Uint8Array.from(rows, row => {
      const value = row[feature]!
      if (Number.isNaN(value)) return 0
      let low = 0
      let high = own.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (own[middle]! <= value) low = middle + 1
        else high = middle
      }
      return low + 1
    }),
  )
}

/**
 * A classifier of two populations: gradient-boosted trees for the logistic loss on binned features (Friedman, 2001), both
 * populations with the same total weight.
 *
 * @returns the log-odds that a row is of the first population
 */
export function boostTrees(first: Matrix, second: Matrix): (rows: Matrix) => number[] {
  const rows = [...first, ...second]
  const edges = edgesOf(rows)
  const bins = binsOf(rows, edges)
  const count = rows.length
  const isFirst = (row: number) => row < first.length
  const weight = (row: number) => count / 2 / (isFirst(row) ? first.length : second.length)
  const score = new Float64Array(count)
  const slope = new Float64Array(count)
  const curve = new Float64Array(count)
  const trees: Node[] = []
  for (let tree = 0; tree < TREES; tree++) {
    for (let row = 0; row < count; row++) {
      const share = 1 / (1 + Math.exp(-score[row]!))
      slope[row] = weight(row) * ((isFirst(row) ? 1 : 0) - share)
      curve[row] = weight(row) * share * (1 - share)
    }
    const all = Int32Array.from({ length: count }, (_, row) => row)
    const root = grow(all, { bins, slope, curve }, DEPTH)
    trees.push(root)
    for (let row = 0; row < count; row++) score[row]! += leafValue(root, bins, row)
  }
  return asked => {
    const own = binsOf(asked, edges)
    return asked.map((_, row) => trees.reduce((sum, tree) => sum + leafValue(tree, own, row), 0))
  }
}

function leafValue(root: Node, bins: readonly Uint8Array[], row: number): number {
  let node = root
  while (node.low && node.high) node = bins[node.feature]![row]! <= node.bin ? node.low : node.high
  return node.value
}

interface Gradients {
  readonly bins: readonly Uint8Array[]
  readonly slope: Float64Array
  readonly curve: Float64Array
}

/** Grows a tree by the split that lowers the loss most, as deep as it may be. */
function grow(rows: Int32Array, gradients: Gradients, depth: number): Node {
  const { bins, slope, curve } = gradients
  let slopes = 0
  let curves = 0
  for (const row of rows) {
    slopes += slope[row]!
    curves += curve[row]!
  }
  const leaf = { feature: 0, bin: 0, low: null, high: null, value: (RATE * slopes) / (curves + RIDGE) }
  if (depth === 0 || rows.length < 2 * LEAST_LEAF) return leaf
  const gain = (a: number, b: number) => (a * a) / (b + RIDGE)
  let most = gain(slopes, curves) + 1e-9
  let best: { readonly feature: number; readonly bin: number } | null = null
  const slopeBy = new Float64Array(BINS)
  const curveBy = new Float64Array(BINS)
  const countBy = new Int32Array(BINS)
  for (const [feature, own] of bins.entries()) {
    slopeBy.fill(0)
    curveBy.fill(0)
    countBy.fill(0)
    for (const row of rows) {
      const bin = own[row]!
      slopeBy[bin]! += slope[row]!
      curveBy[bin]! += curve[row]!
      countBy[bin]!++
    }
    let slopeLow = 0
    let curveLow = 0
    let low = 0
    for (let bin = 0; bin < BINS - 1; bin++) {
      slopeLow += slopeBy[bin]!
      curveLow += curveBy[bin]!
      low += countBy[bin]!
      if (low < LEAST_LEAF || rows.length - low < LEAST_LEAF) continue
      const both = gain(slopeLow, curveLow) + gain(slopes - slopeLow, curves - curveLow)
      if (both <= most) continue
      most = both
      best = { feature, bin }
    }
  }
  if (!best) return leaf
  const { feature, bin } = best
  const own = bins[feature]!
  const low = grow(
    rows.filter(row => own[row]! <= bin),
    gradients,
    depth - 1,
  )
  const high = grow(
    rows.filter(row => own[row]! > bin),
    gradients,
    depth - 1,
  )
  return { feature, bin, low, high, value: 0 }
}
