import { serviceTopologies, type TopologyParts } from '@millrace/all-in-one/service-topologies'
import type { Model } from '@millrace/anomaly-scorer'
import type { Catalog, LakeFormat } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { createEventLogOver, settingsOf } from '@millrace/event-log/kafka-client'
import { type ApiKey, createGateway, createKeyRing, type PageServer } from '@millrace/ingest-gateway'
import { createWebHdfsLake, type SegmentBudgetOptions } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import {
  type Component,
  createHealth,
  createServiceMetrics,
  type HealthRegistry,
  type Logger,
  type ServiceMetrics,
} from '@millrace/runtime'
import { createHttpProvider } from '@millrace/sms-gateway'
import { createByteBudget, createRunner, createRunnerGroup, type RunnerOptions } from '@millrace/stream'
import type { Loop } from './loop.ts'
import { MemoryDisk } from './memory-disk.ts'
import type { Network } from './network.ts'
import { currentProcess } from './outside/current-process.ts'
import { ServiceProcess, TIMER } from './service-process.ts'
import { createLakeClients } from './stores/lake-client.ts'
import type { LakeServer } from './stores/lake-server.ts'
import { createLogClientLibrary } from './stores/log-client.ts'
import type { LogCluster } from './stores/log-cluster.ts'
import { createMartClient } from './stores/simulated-mart.ts'
import { SMS_URL } from './stores/sms-provider.ts'

/** What every pod runs on. */
export interface Surroundings {
  readonly seed: string
  readonly catalog: Catalog
  readonly loop: Loop
  readonly network: Network
  readonly cluster: LogCluster
  readonly lakeServer: LakeServer
  readonly mart: Mart
  readonly martIsUp: () => boolean
  readonly logger: Logger
  readonly lakeFormat: LakeFormat
  readonly archiveAfterMs: number
  readonly segmentBudget: SegmentBudgetOptions
  readonly segmentLimits: NonNullable<TopologyParts['segmentLimits']>
  /** Judges players, where a process of the scorer starts. */
  readonly scorerModel: { current: Model }
  readonly runner: RunnerOptions & { readonly maxBatchBytes: number; readonly sessionTimeoutMs: number }
  /** Of each process. */
  readonly inFlightBytes: number
  readonly keys: readonly ApiKey[]
  /** Told of what a process must not do, in one sentence. */
  readonly onFault: (sentence: string) => void
}

/** A service that runs in a process. */
export interface Running {
  readonly process: ServiceProcess
  readonly component: Component
  readonly metrics: ServiceMetrics
  readonly health: HealthRegistry
  /** Of a gateway: takes a request. */
  readonly server: PageServer | null
  /** Consumer groups with the topics that each reads. */
  readonly groups: Readonly<Record<string, readonly string[]>>
}

const SMS_TIMEOUT_MS = 10_000
/** As many as outlast all faults. */
const SMS_ATTEMPTS = 1_000

export const GATEWAY = 'ingest-gateway'
/** Every service that the simulation runs. */
export const serviceNames: readonly string[] = [GATEWAY, ...Object.keys(serviceTopologies)]

/** A place for a process of a service: it is started again with its disk, and with nothing else. */
export class Pod {
  readonly service: string
  readonly name: string
  readonly #surroundings: Surroundings
  readonly #disk = new MemoryDisk()
  #incarnations = 0
  #running: Running | null = null

  constructor(service: string, replica: number, surroundings: Surroundings) {
    this.service = service
    this.name = `${service}-${replica}`
    this.#surroundings = { ...surroundings, logger: surroundings.logger.child({ pod: this.name }) }
    this.#disk.makeFolder('/disk')
  }

  get running(): Running | null {
    return this.#running?.process.isAlive ? this.#running : null
  }

  get disk(): MemoryDisk {
    return this.#disk
  }

  /** Starts a process, unless one runs. */
  start(): void {
    if (this.running) return
    const { loop, seed } = this.#surroundings
    const incarnation = ++this.#incarnations
    const process = new ServiceProcess({ name: this.name, incarnation, loop, disk: this.#disk, seed })
    currentProcess.run(process, () => {
      this.#running = this.service === GATEWAY ? this.#gateway(process) : this.#streamService(process)
      void this.#running.component.start()
    })
  }

  /** Ends the process as kill -9 does. */
  kill(): void {
    this.#running?.process.kill()
  }

  /** Ends the process as SIGTERM does. @returns how many timers it has left behind */
  async stop(): Promise<number> {
    const { running } = this
    if (!running) return 0
    await currentProcess.run(running.process, () => running.component.stop())
    const timers = this.#surroundings.loop.pendingOf(running.process).filter(name => name === TIMER)
    running.process.kill()
    return timers.length
  }

  #logOf(process: ServiceProcess): EventLog {
    const { cluster, network, loop, logger, onFault } = this.#surroundings
    return createEventLogOver(
      async () => createLogClientLibrary({ cluster, network, loop, process, onFault }),
      settingsOf({ brokers: ['log:9092'], clientId: this.name, clock: process.clock, logger }),
    )
  }

  #gateway(process: ServiceProcess): Running {
    const { catalog, logger, keys } = this.#surroundings
    const metrics = createServiceMetrics(this.service, { processMetrics: false })
    const health = createHealth()
    const log = this.#logOf(process)
    let server: PageServer | null = null
    const gateway = createGateway({
      ...{ catalog, log, logger, metrics, health, clock: process.clock },
      keys: createKeyRing(keys),
      randomId: () => process.random.uuid(),
      registerPages(pages) {
        server = pages
        // Requests come over the simulated network.
        pages.listen = (async () => {
          await pages.ready()
          return 'http://gateway'
        }) as PageServer['listen']
      },
    })
    const component: Component = {
      name: this.service,
      start: () => gateway.start(),
      async stop() {
        await gateway.stop()
        await log.close()
      },
    }
    return { process, component, metrics, health, server, groups: {} }
  }

  #streamService(process: ServiceProcess): Running {
    const { catalog, network, loop, lakeServer, mart, martIsUp, logger, runner } = this.#surroundings
    const { clock } = process
    const metrics = createServiceMetrics(this.service, { processMetrics: false })
    const health = createHealth()
    const log = this.#logOf(process)
    const newId = (): string => process.random.uuid()
    const lake = createWebHdfsLake(
      { nameNodes: ['http://namenode:9870'], root: '/lake', user: 'millrace', clock, logger, newId },
      () => createLakeClients({ server: lakeServer, network, loop, process }),
    )
    const parts: TopologyParts = {
      ...{ catalog, log, lake, clock, logger, metrics },
      mart: createMartClient({ mart, isUp: martIsUp, network, process }),
      spoolDirectory: '/disk/spool',
      lakeFormat: this.#surroundings.lakeFormat,
      archiveAfterMs: this.#surroundings.archiveAfterMs,
      segmentBudget: this.#surroundings.segmentBudget,
      segmentLimits: this.#surroundings.segmentLimits,
      model: this.#surroundings.scorerModel.current,
      sms: {
        provider: createHttpProvider({ url: `${SMS_URL}/messages`, timeoutMs: SMS_TIMEOUT_MS, clock }),
        attempts: SMS_ATTEMPTS,
      },
    }
    const topologies = serviceTopologies[this.service]!(parts)
    const budget = createByteBudget(this.#surroundings.inFlightBytes)
    const options = { ...runner, budget, clientId: this.name, random: () => process.random.float() }
    const runners = topologies.map(topology => {
      const one = createRunner({ topology, log, clock, logger, metrics, health, options })
      one.finished.catch(error => this.#surroundings.onFault(`${this.name} was stopped by an error: ${String(error)}`))
      return [topology.name, one] as const
    })
    const component =
      runners.length === 0
        ? { name: this.service, start: async () => {}, stop: async () => {} }
        : createRunnerGroup({
            ...{ service: this.service, logger, health, registry: metrics.registry },
            runners: Object.fromEntries(runners),
          })
    return {
      ...{ process, metrics, health, server: null },
      component: {
        name: this.service,
        start: () => component.start(),
        async stop() {
          await component.stop()
          await log.close()
          await lake.close()
        },
      },
      groups: Object.fromEntries(topologies.map(({ name, topics }) => [name, topics.map(topic => topic.name)])),
    }
  }
}
