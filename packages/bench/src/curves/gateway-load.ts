import { defineCurve } from '../curve.ts'
import { eventRequests, startGateway } from '../inputs/gateway.ts'
import { HttpLoad } from '../inputs/http-load.ts'

const EVENTS_EACH = 1_000
const REQUESTS = 300

export const curve = defineCurve({
  title: 'Memory of the gateway, by requests of 1,000 events that are under way at once',
  of: 'requests at once',
  points: [1, 4, 16, 40],
  unit: 'MiB',
  needs: ['kafka'],
  async open({ setting: connections, ...context }) {
    const gateway = await startGateway(context)
    const load = new HttpLoad([gateway.port], eventRequests(gateway.key, 40, EVENTS_EACH), connections)
    return {
      async round() {
        await load.rate(REQUESTS)
        return (await gateway.process.metric('process_resident_memory_bytes')) / 2 ** 20
      },
      close: async () => void (await gateway.process.stop()),
    }
  },
})
