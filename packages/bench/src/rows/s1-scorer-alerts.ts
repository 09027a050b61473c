import { scorerSides } from '../inputs/scorer-rows.ts'
import { defineRow } from '../row.ts'

export const row = defineRow<string>({
  title: 'scorer that publishes alerts ÷ stock kafkajs consumer that does nothing',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.6, aim: 0.9 },
  ...scorerSides(false),
})
