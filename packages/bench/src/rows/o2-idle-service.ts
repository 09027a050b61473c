import { setTimeout as sleep } from 'node:timers/promises'
import { startGateway } from '../inputs/gateway.ts'
import { defineRow } from '../row.ts'

const SECONDS = 10

export const row = defineRow({
  title: 'CPU of a connected gateway that has nothing to do ÷ one core',
  unit: '% of a core',
  goal: { bound: 'at most', must: 0.02, aim: 0.005 },
  needs: ['kafka'],
  async ours(context) {
    const gateway = await startGateway(context)
    const cpuSeconds = (): Promise<number> => gateway.process.metric('process_cpu_seconds_total')
    return {
      async round() {
        const before = await cpuSeconds()
        await sleep(SECONDS * 1_000)
        return ((await cpuSeconds()) - before) * (100 / SECONDS)
      },
      close: async () => void (await gateway.process.stop()),
    }
  },
  other: async () => ({ round: async () => 100 }),
})
