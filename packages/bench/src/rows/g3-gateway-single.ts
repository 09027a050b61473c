import { echoLoad } from '../inputs/echo.ts'
import { eventRequests, startGateway } from '../inputs/gateway.ts'
import { HttpLoad } from '../inputs/http-load.ts'
import { defineRow } from '../row.ts'

const REQUESTS = 20_000
const CONNECTIONS = 64

export const row = defineRow({
  title: 'gateway, one event a request, acknowledgement awaited ÷ bare node:http that echoes',
  unit: 'requests/s',
  goal: { bound: 'at least', must: 0.25, aim: 0.4 },
  needs: ['kafka'],
  async ours(context) {
    const gateway = await startGateway(context)
    const load = new HttpLoad([gateway.port], eventRequests(gateway.key, 5_000, 1), CONNECTIONS)
    return {
      round: () => load.rate(REQUESTS),
      close: async () => void (await gateway.process.stop()),
    }
  },
  async other() {
    const { load, close } = await echoLoad(CONNECTIONS)
    return { round: () => load.rate(REQUESTS), close }
  },
})
