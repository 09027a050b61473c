import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { createCuratorTopology } from '@millrace/curator'
import { createGateway, createKeyStore } from '@millrace/ingest-gateway'
import { createSegmentBudget } from '@millrace/lake'
import { createLakeArchiverTopology } from '@millrace/lake-archiver'
import { createMartWriterTopology } from '@millrace/mart-writer'
import {
  type Clock,
  type Component,
  createHealth,
  createLifecycle,
  createServiceMetrics,
  type Logger,
} from '@millrace/runtime'
import { createRunner, type Topology } from '@millrace/stream'
import type { Platform } from './platform.ts'

export interface AllInOneOptions {
  readonly platform: Platform
  readonly clock: Clock
  readonly logger: Logger
  readonly gateway: { readonly host: string; readonly port: number; readonly keysFile: string }
  /** Local folder for segments that are not yet archived. */
  readonly spoolDirectory: string
  readonly lakeFormat: 'parquet' | 'ndjson.zst'
  /** A segment is archived when it is this old, whatever its size. */
  readonly archiveAfterMs: number
}

/** Every service in one process, as one component. */
export interface AllInOne extends Component {
  /** Base URL of the gateway once started. */
  readonly gatewayUrl: string
  /** Consumer groups with the topics that each reads. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** Rejects when a service cannot go on. */
  readonly failed: Promise<never>
}

export function createAllInOne(options: AllInOneOptions): AllInOne {
  const { platform, clock, logger } = options
  const { log, lake, mart } = platform
  const of = (service: string) => ({
    clock,
    logger: logger.child({ service }),
    metrics: createServiceMetrics(service, { processMetrics: false }),
    health: createHealth(),
  })
  const { host, port, keysFile } = options.gateway
  const keys = createKeyStore({ file: keysFile, clock, logger, pollMs: 500 })
  const gateway = createGateway({ ...of('ingest-gateway'), log, keys, options: { host, port } })
  const archiver = of('lake-archiver')
  const topologies: readonly [Topology, ReturnType<typeof of>][] = [
    [createCuratorTopology(), of('curator')],
    [createAnomalyScorerTopology(), of('anomaly-scorer')],
    [
      createLakeArchiverTopology({
        ...archiver,
        lake,
        budget: createSegmentBudget(),
        spoolDirectory: options.spoolDirectory,
        format: options.lakeFormat,
        maxAgeMs: options.archiveAfterMs,
      }),
      archiver,
    ],
    [createMartWriterTopology({ mart }), of('mart-writer')],
  ]
  const runners = topologies.map(([topology, parts]) => createRunner({ ...parts, topology, log }))
  const lifecycle = createLifecycle({ components: [...runners, keys, gateway], logger, clock })
  const failed = Promise.race(runners.map(({ finished }) => finished.then(() => new Promise<never>(() => {}))))
  failed.catch(() => {}) // whoever awaits it handles it; a failure before that must not end the process
  return {
    name: 'all-in-one',
    get gatewayUrl() {
      return gateway.address
    },
    groups: Object.fromEntries(topologies.map(([topology]) => [topology.name, topology.topics])),
    failed,
    start: () => lifecycle.start(),
    stop: async () => {
      const open = await lifecycle.stop()
      if (open.length > 0) throw new Error(`Still open when the deadline passed: ${open.join(', ')}.`)
    },
  }
}
