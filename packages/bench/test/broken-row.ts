import { defineRow } from '../src/row.ts'

/** Counts its rounds; the other side breaks in the way that the setting says. */
export const row = defineRow<string>({
  title: 'a side that works ÷ one that does not',
  unit: 'rounds',
  goal: { bound: 'at least', must: 1, aim: 2 },
  needs: [],
  async ours() {
    let rounds = 0
    return { round: async () => ++rounds }
  },
  async other({ setting }) {
    if (setting === 'open') throw new Error('it cannot be opened')
    return {
      async round() {
        if (setting === 'exit') process.exit(7)
        throw new Error('it broke')
      },
    }
  },
})
