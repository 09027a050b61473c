import { scorerOf } from '../inputs/scorer-models.ts'
import { defineRow } from '../row.ts'

export const row = defineRow({
  title: 'scorer with additive-evidence-1: moves with a path of 8 samples ÷ without',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.2, aim: 0.4 },
  needs: [],
  ours: () => scorerOf('additive-evidence-1', { pathSamples: 8 }),
  other: () => scorerOf('additive-evidence-1'),
})
