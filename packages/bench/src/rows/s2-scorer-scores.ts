import { scorerSides } from '../inputs/scorer-rows.ts'
import { defineRow } from '../row.ts'

export const row = defineRow<string>({
  title: 'scorer that publishes every score ÷ stock kafkajs consumer that does nothing',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.25, aim: 0.4 },
  ...scorerSides(true),
})
