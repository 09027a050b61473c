import { quantile } from '../compare.ts'
import { echoLoad } from '../inputs/echo.ts'
import { eventRequests, startGateway } from '../inputs/gateway.ts'
import { HttpLoad } from '../inputs/http-load.ts'
import { defineRow, type SideContext } from '../row.ts'

const LINGER_MS = 5
const CONNECTIONS = 64
const SECONDS = 5
const REQUESTS = 20_000

async function openGateway(context: Omit<SideContext<unknown>, 'setting'>) {
  const gateway = await startGateway(context, { MILLRACE_KAFKA_LINGER: `${LINGER_MS}ms` })
  return {
    load: new HttpLoad([gateway.port], eventRequests(gateway.key, 5_000, 1), CONNECTIONS),
    close: async () => void (await gateway.process.stop()),
  }
}

const p99 = async (load: HttpLoad, perSecond: number): Promise<number> =>
  quantile(await load.latencies(perSecond, SECONDS), 0.99)

export const row = defineRow<number>({
  title: `gateway, p99 of one event a request at half of its load ÷ p99 of a bare node:http that waits ${LINGER_MS} ms, its linger`,
  unit: 'ms',
  goal: { bound: 'at most', must: 3, aim: 2 },
  needs: ['kafka'],
  async prepare(context) {
    const { load, close } = await openGateway(context)
    await load.rate(REQUESTS)
    const most = await load.rate(REQUESTS)
    await close()
    return most / 2
  },
  async ours({ setting: perSecond, ...context }) {
    const { load, close } = await openGateway(context)
    // A gateway that was busy before, as the one that was measured.
    await load.rate(REQUESTS)
    return { round: () => p99(load, perSecond), close }
  },
  async other({ setting: perSecond }) {
    const { load, close } = await echoLoad(CONNECTIONS, LINGER_MS)
    await load.rate(REQUESTS)
    return { round: () => p99(load, perSecond), close }
  },
})
