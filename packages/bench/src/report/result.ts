import type { Comparison } from '../compare.ts'
import type { Curve } from '../curve.ts'
import type { CurvePoint } from '../measure.ts'
import type { Row } from '../row.ts'
import type { Machine } from './machine.ts'

interface Taken {
  readonly id: string
  /** ISO time of the end. */
  readonly at: string
  readonly machine: Machine
}

/** The last outcome of a row, as it is kept. */
export interface RowResult extends Taken, Pick<Row, 'title' | 'unit' | 'goal'> {
  readonly comparison: Comparison
}

/** The last outcome of a curve, as it is kept. */
export interface CurveResult extends Taken, Pick<Curve, 'title' | 'of' | 'unit' | 'remark'> {
  readonly points: readonly CurvePoint[]
}

export interface Results {
  readonly rows: readonly RowResult[]
  readonly curves: readonly CurveResult[]
}

/** How a ratio stands to its goal. */
export function verdict({
  goal,
  comparison: { ratio },
}: Pick<RowResult, 'goal' | 'comparison'>): 'aim' | 'must' | 'missed' {
  const reaches = (limit: number): boolean => (goal.bound === 'at least' ? ratio >= limit : ratio <= limit)
  return reaches(goal.aim) ? 'aim' : reaches(goal.must) ? 'must' : 'missed'
}

/** The dearest point ÷ the cheapest. */
export function growth({ points }: Pick<CurveResult, 'points'>): number {
  const figures = points.map(({ y }) => y)
  return Math.max(...figures) / Math.min(...figures)
}
