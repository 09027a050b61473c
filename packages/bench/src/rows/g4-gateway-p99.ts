import { quantile } from '../compare.ts'
import { eventRequests, startGateway } from '../inputs/gateway.ts'
import { HttpLoad } from '../inputs/http-load.ts'
import { defineRow } from '../row.ts'

const LINGER_MS = 5
const CONNECTIONS = 64
const SECONDS = 5

export const row = defineRow({
  title: `gateway, p99 of one event a request at half of its load ÷ linger of ${LINGER_MS} ms`,
  unit: 'ms',
  goal: { bound: 'at most', must: 3, aim: 2 },
  needs: ['kafka'],
  async ours(context) {
    const gateway = await startGateway(context, { MILLRACE_KAFKA_LINGER: `${LINGER_MS}ms` })
    const load = new HttpLoad([gateway.port], eventRequests(gateway.key, 5_000, 1), CONNECTIONS)
    await load.rate(20_000)
    const most = await load.rate(20_000)
    return {
      round: async () => quantile(await load.latencies(most / 2, SECONDS), 0.99),
      close: async () => void (await gateway.process.stop()),
    }
  },
  other: async () => ({ round: async () => LINGER_MS }),
})
