import { scorerOf } from '../inputs/scorer-models.ts'
import { defineRow } from '../row.ts'

export const row = defineRow({
  title: 'scorer with additive-evidence-1 ÷ with time-aware-rule-1, moves without path',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.75, aim: 1 },
  needs: [],
  ours: () => scorerOf('additive-evidence-1'),
  other: () => scorerOf('time-aware-rule-1'),
})
