import type { Model } from '@millrace/anomaly-scorer'
import type { Catalog, LakeFormat } from '@millrace/contracts'
import { createGateway, createKeyStore, joinKeyRings } from '@millrace/ingest-gateway'
import {
  type Clock,
  type Component,
  createHealth,
  createLifecycle,
  createServiceMetrics,
  type Logger,
} from '@millrace/runtime'
import { createRunner, createRunnerGroup, type Topology } from '@millrace/stream'
import type { Platform } from './platform.ts'
import { serviceTopologies } from './service-topologies.ts'
import type { DemoShop } from './shop/demo-shop.ts'

export interface AllInOneOptions {
  /** The domains that are carried. */
  readonly catalog: Catalog
  readonly platform: Platform
  readonly clock: Clock
  readonly logger: Logger
  readonly gateway: {
    readonly host: string
    readonly port: number
    readonly keysFile: string
    readonly shop?: DemoShop
  }
  /** Local folder for segments that are not yet archived. */
  readonly spoolDirectory: string
  readonly lakeFormat: LakeFormat
  /** Judges players; the default model of the scorer unless given. */
  readonly model?: Model
  /** A segment is archived when it is this old, whatever its size; one whose files wait for more rows at three times that age. */
  readonly archiveAfterMs: number
}

const READY_DEADLINE_MS = 60_000
const LOOK_AGAIN_MS = 50

/** Every service in one process, as one component; it has started when the gateway accepts events. */
export interface AllInOne extends Component {
  /** Base URL of the gateway once started. */
  readonly gatewayUrl: string
  /** What the start waits for; null when it has all. */
  problem(): string | null
  /** Consumer groups with the topics that each reads. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** Rejects when an error stops a domain in one of the services; the other domains go on. */
  readonly domainFailed: Promise<never>
  /** Rejects when errors have stopped every domain, with the first one. */
  readonly failed: Promise<never>
}

/** Tells when the first domain, and when every domain, was stopped by an error in one of its topologies. */
function watchDomains(domains: readonly string[]) {
  const going = new Set(domains)
  const first = Promise.withResolvers<never>()
  const all = Promise.withResolvers<never>()
  let firstError: unknown
  // Whoever awaits them handles them; a failure before that must not end the process.
  first.promise.catch(() => {})
  all.promise.catch(() => {})
  return {
    domainFailed: first.promise,
    failed: all.promise,
    watch({ topics }: Topology, finished: Promise<void>): void {
      finished.catch((error: unknown) => {
        firstError ??= error
        first.reject(error)
        for (const { domain } of topics) going.delete(domain)
        if (going.size === 0) all.reject(firstError)
      })
    },
  }
}

export function createAllInOne(options: AllInOneOptions): AllInOne {
  const { catalog, platform, clock, logger } = options
  const { log, lake, mart } = platform
  const of = (service: string) => ({
    clock,
    // A second `service` would make the line JSON with a repeated key.
    logger: logger.child({ component: service }),
    metrics: createServiceMetrics(service, { processMetrics: false }),
    health: createHealth(),
  })
  const { host, port, keysFile, shop } = options.gateway
  const domains = catalog.domains.map(({ name }) => name)
  const topics = [...catalog.routes.values()].map(({ name }) => name)
  const keys = createKeyStore({ file: keysFile, topics, clock, logger, pollMs: 500 })
  const entry = of('ingest-gateway')
  const gateway = createGateway({
    ...{ ...entry, catalog, log, options: { host, port } },
    keys: shop ? { ...joinKeyRings(keys, shop.keys), problem: () => keys.problem() } : keys,
    ...(shop && { registerPages: server => shop.registerPages(server) }),
  })
  const services = Object.entries(serviceTopologies).map(([service, createTopologies]) => {
    const parts = of(service)
    return [service, parts, createTopologies({ ...options, log, lake, mart, ...parts })] as const
  })
  const topologies = services.flatMap(([, , ofService]) => ofService)
  const failures = watchDomains(domains)
  const groups = services
    .filter(([, , ofService]) => ofService.length > 0)
    .map(([service, parts, ofService]) => {
      const runners = ofService.map(topology => {
        const runner = createRunner({ ...parts, topology, log })
        failures.watch(topology, runner.finished)
        return [topology.name.replace(`${service}.`, ''), runner] as const
      })
      return createRunnerGroup({
        ...parts,
        service,
        runners: Object.fromEntries(runners),
        registry: parts.metrics.registry,
      })
    })
  const problem = (): string | null => {
    const problems = entry.health.notReady()
    return problems ? Object.values(problems).join('; ') : null
  }
  const lifecycle = createLifecycle({ components: [...groups, keys, gateway], logger, clock })
  return {
    name: 'all-in-one',
    get gatewayUrl() {
      return gateway.address
    },
    problem,
    groups: Object.fromEntries(topologies.map(topology => [topology.name, topology.topics.map(({ name }) => name)])),
    domainFailed: failures.domainFailed,
    failed: failures.failed,
    async start() {
      await lifecycle.start()
      shop?.open(gateway.address)
      const deadlineMs = clock.now() + READY_DEADLINE_MS
      for (let found = problem(); found !== null; found = problem()) {
        if (clock.now() > deadlineMs) {
          await lifecycle.stop()
          throw new Error(`The gateway was not ready after ${READY_DEADLINE_MS / 1000} s: ${found}`)
        }
        await clock.sleep(LOOK_AGAIN_MS)
      }
    },
    stop: async () => {
      const open = await lifecycle.stop()
      if (open.length > 0) throw new Error(`Still open when the deadline passed: ${open.join(', ')}.`)
    },
  }
}
