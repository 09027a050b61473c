import os from 'node:os'
import type { Row, Side, SideContext } from '../row.ts'
import { expectSameGateways } from './compare-gateways.ts'
import { eventRequests, type Gateway, startGateway } from './gateway.ts'
import { HttpLoad } from './http-load.ts'
import { PEER_WARM_UP_ROUNDS } from './peer-tools.ts'
import { startVertxGateway } from './vertx-gateway.ts'

export interface GatewayLoad {
  readonly eventsEach: number
  /** Different requests, and how many are sent in a round. */
  readonly requests: number
  readonly perRound: number
  readonly connections: number
}

/** A gateway process per core, each at a port of its own, as replicas are. */
export async function startGateways(context: Pick<SideContext<unknown>, 'addresses' | 'directory'>) {
  const gateways: Gateway[] = []
  for (let core = 0; core < os.availableParallelism(); core++)
    gateways.push(await startGateway(context, { MILLRACE_REPLICAS: String(os.availableParallelism()) }))
  return {
    ports: gateways.map(({ port }) => port),
    // Those that start later find the keys of the earlier ones in the file.
    key: gateways[0]!.key,
    async close() {
      await Promise.all(gateways.map(gateway => gateway.process.stop()))
    },
  }
}

/** The gateway on every core ÷ the one on Vert.x, under the same load; figures are events per second. */
export const gatewaySides = (
  load: GatewayLoad,
): Pick<Row, 'unit' | 'needs' | 'warmUpRounds' | 'prepare' | 'ours' | 'other'> => {
  async function side(ports: readonly number[], key: string, close: () => Promise<void>): Promise<Side> {
    const client = new HttpLoad(ports, eventRequests(key, load.requests, load.eventsEach), load.connections)
    return { round: async () => load.eventsEach * (await client.rate(load.perRound)), close }
  }
  return {
    unit: 'events/s',
    needs: ['kafka'],
    warmUpRounds: PEER_WARM_UP_ROUNDS,
    async prepare(place) {
      await expectSameGateways(place)
      return null
    },
    async ours(context) {
      const { ports, key, close } = await startGateways(context)
      return side(ports, key, close)
    },
    async other(context) {
      const { port, key, close } = await startVertxGateway(context)
      return side([port], key, close)
    },
  }
}
