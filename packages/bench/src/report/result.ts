import type { Comparison } from '../compare.ts'
import type { Row } from '../row.ts'
import type { Machine } from './machine.ts'

/** The last outcome of a row, as it is kept. */
export interface Result {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly goal: Row['goal']
  readonly comparison: Comparison
  /** ISO time of the end. */
  readonly at: string
  readonly machine: Machine
}

/** How a ratio stands to its goal. */
export function verdict({
  goal,
  comparison: { ratio },
}: Pick<Result, 'goal' | 'comparison'>): 'aim' | 'must' | 'missed' {
  const reaches = (limit: number): boolean => (goal.bound === 'at least' ? ratio >= limit : ratio <= limit)
  return reaches(goal.aim) ? 'aim' : reaches(goal.must) ? 'must' : 'missed'
}
