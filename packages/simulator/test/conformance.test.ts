import path from 'node:path'
import { createEventLogOver, settingsOf } from '@millrace/event-log/kafka-client'
import { createWebHdfsLake } from '@millrace/lake'
import { createEmbeddedMart } from '@millrace/mart'
import { createLogger } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { afterAll } from 'vitest'
import { describeEventLog } from '../../event-log/test/conformance.ts'
import { lakeConformance } from '../../lake/test/lake-conformance.ts'
import { describeMart } from '../../mart/test/conformance.ts'
import { createLakeClients } from '../src/stores/lake-client.ts'
import { LakeServer } from '../src/stores/lake-server.ts'
import { createLogClientLibrary } from '../src/stores/log-client.ts'
import { LogCluster } from '../src/stores/log-cluster.ts'
import { createMartClient } from '../src/stores/simulated-mart.ts'
import { inRealTime } from './real-time.ts'

const logger = createLogger('simulator', { level: 'silent' })
const folder = temporaryDirectory('simulated-stores')
const worlds: ReturnType<typeof inRealTime>[] = []
const world = (seed: string) => {
  const made = inRealTime(seed)
  worlds.push(made)
  return made
}
afterAll(() => Promise.all(worlds.map(({ end }) => end())))

describeEventLog('simulated', async () => {
  const { loop, network, process } = world('log')
  const cluster = new LogCluster(loop)
  const maxInFlightBytes = 8 << 20
  const log = createEventLogOver(
    async () => createLogClientLibrary({ cluster, network, loop, process, onFault() {} }),
    settingsOf({ brokers: ['log:9092'], clientId: 'conformance', clock: process.clock, logger, maxInFlightBytes }),
  )
  return { log, maxInFlightBytes, shortestSessionMs: 500, unique: name => name, close: () => log.close() }
})

lakeConformance('simulated', async () => {
  const { loop, network, process } = world('lake')
  const server = new LakeServer()
  return createWebHdfsLake(
    { nameNodes: ['http://namenode:9870'], root: '/lake', user: 'test', clock: process.clock },
    () => createLakeClients({ server, network, loop, process }),
  )
})

describeMart(
  'simulated',
  async options => {
    const { network, process } = world('mart')
    const mart = createEmbeddedMart({ file: path.join(folder, 'mart.db'), ...options })
    return createMartClient({ mart, isUp: () => true, network, process })
  },
  { runs: 20 },
)
