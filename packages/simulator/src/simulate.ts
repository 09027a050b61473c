import { loadBuiltInModel } from '@millrace/anomaly-scorer'
import { catalogOf } from '@millrace/domains/contracts'
import { type ApiKey, hashOfKey } from '@millrace/ingest-gateway'
import { createEmbeddedMart } from '@millrace/mart'
import { createLogger } from '@millrace/runtime'
import { Random } from '@millrace/simulation'
import type { Fault, FaultKind } from './fault-kinds.ts'
import { type Focus, focusOf, planFaults } from './faults.ts'
import { createGenerators, goldenOf } from './generators.ts'
import { createHttpNetwork, gatewayOf, type HttpServer } from './http-network.ts'
import { crash, type FaultTargets, schedule } from './inject-fault.ts'
import { judgeLeftovers, judgeStores } from './judges/after-run.ts'
import { judgeMessages } from './judges/messages.ts'
import { judgeRepeats } from './judges/repeats.ts'
import { RunWatch } from './judges/run-watch.ts'
import { Loop, WORLD } from './loop.ts'
import { MemoryDisk } from './memory-disk.ts'
import { Network } from './network.ts'
import { currentProcess } from './outside/current-process.ts'
import { http, simulatedFetch } from './outside/http.ts'
import { Pod, type Surroundings, serviceNames } from './pod.ts'
import { ServiceProcess } from './service-process.ts'
import { LakeServer } from './stores/lake-server.ts'
import { LogCluster } from './stores/log-cluster.ts'
import { SMS_URL, SmsProviderServer } from './stores/sms-provider.ts'
import { Trace } from './trace.ts'

export interface SimulateOptions {
  readonly seed: string
  readonly minutes: number
  readonly domains: readonly string[]
  readonly kinds: readonly FaultKind[]
  /** Places of the faults of the seed that happen; all of them where left out. */
  readonly keep?: readonly number[] | undefined
  /** A new file for the rows of the mart. */
  readonly martFile: string
  /** Divides the populations. */
  readonly fewer?: number | undefined
  /** Takes a line for each step. */
  readonly traceFile?: string | undefined
  /** Writes the log lines of the services to the standard error. */
  readonly showLogs?: boolean
}

export interface SimulationResult {
  readonly seed: string
  readonly faults: readonly Fault[]
  /** One sentence for each thing that is wrong. */
  readonly failures: readonly string[]
  readonly traceHash: string
  readonly steps: number
  readonly events: number
  readonly virtualMs: number
}

/** How often a service has two pods, and one that the faults of a seed happen to. */
const TWICE_SHARE = 0.05
const FOCUSED_TWICE_SHARE = 0.8
const START_MS = Date.UTC(2024, 2, 24, 11)
const DISK = '/disk'
const TIME = /"time":"[^"]*"/
const LEDGER = '/disk/ledger'
const KEY = `mr_simulated_${'k'.repeat(43)}`
/** What is under way when the faults end has landed after this. */
const LANDED_MS = 75_000
const SETTLE_WITHIN_MS = 30 * 60_000
const STOP_WITHIN_MS = 3 * 60_000
const LOOK_EVERY_MS = 5_000

class Simulation {
  readonly #options: SimulateOptions
  readonly #focus: Focus
  readonly #random: Random
  readonly #loop: Loop
  readonly #trace: Trace
  readonly #network: Network
  readonly #cluster: LogCluster
  readonly #lakeServer = new LakeServer()
  readonly #smsProvider = new SmsProviderServer()
  readonly #surroundings: Surroundings
  readonly #pods: Pod[]
  readonly #world: ServiceProcess
  readonly #martAway = { isAway: false }
  readonly #failures: string[] = []
  readonly #watch: RunWatch

  constructor(options: SimulateOptions) {
    const { seed } = options
    this.#options = options
    this.#focus = focusOf(seed, options.kinds)
    this.#random = new Random('simulation', seed)
    this.#trace = new Trace(options.traceFile)
    this.#loop = new Loop(START_MS, new Random('order', seed), this.#trace)
    this.#cluster = new LogCluster(this.#loop)
    this.#network = new Network(this.#loop, new Random('network', seed), process => {
      const pod = this.#pods.find(({ running }) => running?.process === process)
      if (pod)
        this.#loop.after(
          this.#random.int(0, 20),
          WORLD,
          'strikes',
          () => pod.running?.process === process && crash(pod, this.#targets),
        )
    })
    const disk = new MemoryDisk()
    disk.makeFolder(DISK)
    this.#world = new ServiceProcess({ name: 'world', incarnation: 1, loop: this.#loop, disk, seed })
    const catalog = catalogOf(options.domains)
    const topics = [...catalog.routes.values()].map(({ name }) => name)
    const key: ApiKey = {
      id: 'simulated',
      name: 'generators',
      hash: hashOfKey(KEY),
      topics,
      quota: {},
      corsOrigins: [],
      createdAt: '',
    }
    const random = this.#random
    const isTight = random.chance(0.2)
    this.#surroundings = {
      ...{
        seed,
        catalog,
        loop: this.#loop,
        network: this.#network,
        cluster: this.#cluster,
        lakeServer: this.#lakeServer,
      },
      mart: createEmbeddedMart({ file: options.martFile, clock: this.#world.clock }),
      martIsUp: () => !this.#martAway.isAway,
      logger: createLogger('simulator', {
        level: options.showLogs ? 'info' : 'silent',
        destination: { write: line => void process.stderr.write(line.replace(TIME, `"time":"${this.#now()}"`)) },
      }),
      lakeFormat: random.chance(0.8) ? 'daily-ndjson' : 'ndjson.zst',
      scorerModel: { current: loadBuiltInModel() },
      archiveAfterMs: random.int(2_000, 60_000),
      segmentLimits: random.chance(0.5) ? { maxRows: random.int(2, 20), maxHours: random.int(1, 3) } : {},
      // Of a small one, lines go to the disk long before they are archived.
      segmentBudget: random.chance(0.3) ? { maxMemoryBytes: 16 << 10 } : {},
      runner: {
        appendDeadlineMs: random.int(5_000, 30_000),
        pollMs: 20_000,
        tickMs: 20_000,
        commitEveryMs: random.int(1_000, 10_000),
        maxBatchBytes: isTight ? 4 << 10 : 1 << 20,
        sessionTimeoutMs: random.int(6_000, 30_000),
      },
      inFlightBytes: isTight ? 16 << 10 : 16 << 20,
      keys: [key],
      onFault: sentence => this.#failures.push(sentence),
    }
    this.#pods = serviceNames.flatMap(service =>
      Array.from({ length: this.#replicasOf(service) }, (_, replica) => new Pod(service, replica, this.#surroundings)),
    )
    this.#watch = new RunWatch(this.#loop, this.#cluster, () => this.#pods, {
      isCalm: () => this.#network.isCalm && this.#cluster.isWhole,
      inFlightBytes: this.#surroundings.inFlightBytes,
      maxBatchBytes: this.#surroundings.runner.maxBatchBytes,
    })
  }

  #replicasOf(service: string): number {
    const { services } = this.#focus
    const share =
      services.length < serviceNames.length && services.includes(service) ? FOCUSED_TWICE_SHARE : TWICE_SHARE
    return this.#random.chance(share) ? 2 : 1
  }

  #now(): string {
    return new Date(this.#loop.nowMs).toISOString()
  }

  get #smsServer(): HttpServer {
    const provider = this.#smsProvider
    return {
      ...{ to: 'sms', what: 'provider takes a message', isUp: () => provider.isUp },
      take: request => provider.take(request, this.#loop.nowMs),
    }
  }

  get #targets(): FaultTargets {
    return {
      ...{ loop: this.#loop, network: this.#network, cluster: this.#cluster, lakeServer: this.#lakeServer },
      ...{ random: this.#random, pods: this.#pods, surroundings: this.#surroundings, martAway: this.#martAway },
      smsProvider: this.#smsProvider,
    }
  }

  async run(): Promise<SimulationResult> {
    const onRejection = (error: unknown): void =>
      void this.#failures.push(`nobody handles an error: ${describe(error)}`)
    process.on('unhandledRejection', onRejection)
    const random = new Random('http', this.#options.seed)
    const serverOf = (origin: string): HttpServer | null =>
      origin === SMS_URL ? this.#smsServer : gatewayOf(this.#pods, random)
    http.send = createHttpNetwork({ serverOf, random, network: this.#network, loop: this.#loop })
    const { fetch } = globalThis
    globalThis.fetch = simulatedFetch as typeof fetch
    try {
      return await this.#run()
    } finally {
      this.#trace.flush()
      globalThis.fetch = fetch
      process.off('unhandledRejection', onRejection)
    }
  }

  async #run(): Promise<SimulationResult> {
    const { seed, minutes, domains, keep } = this.#options
    const durationMs = minutes * 60_000
    const faults = planFaults(seed, this.#focus, { durationMs, keep })
    await this.#provision()
    for (const pod of this.#pods) pod.start()
    for (const fault of faults) schedule(fault, this.#targets)
    this.#watch.start()
    const generators = currentProcess.run(this.#world, () =>
      createGenerators({
        ...{ seed, domains, durationMs, ledger: LEDGER, apiKey: KEY, fewer: this.#options.fewer ?? 1 },
        random: new Random('population', seed),
        hasFaults: faults.some(({ kind }) => kind === 'faulty-events'),
        process: this.#world,
        logger: this.#surroundings.logger,
      }),
    )
    let left = generators.length
    let events = 0
    const failed = (error: unknown): void => void this.#failures.push(`a generator failed: ${describe(error)}`)
    for (const { generator, afterMs } of generators) {
      this.#loop.after(afterMs, this.#world, 'begins to send', () =>
        currentProcess.run(this.#world, () => void generator.start().catch(failed)),
      )
      generator.finished
        .then(summary => {
          events += summary.emitted
        }, failed)
        .finally(() => left--)
    }
    await this.#until('the generators to finish', 2 * durationMs + SETTLE_WITHIN_MS, () => left === 0)
    await this.#loop.run(Math.max(this.#loop.nowMs, START_MS + durationMs))
    await this.#settle()
    await this.#stop()
    if (this.#failures.length === 0) await this.#judge(goldenOf(generators.map(({ generator }) => generator)))
    this.#failures.push(...this.#watch.failures)
    return {
      ...{ seed, faults, events, failures: this.#failures, traceHash: this.#trace.hash, steps: this.#trace.steps },
      virtualMs: this.#loop.nowMs - START_MS,
    }
  }

  async #provision(): Promise<void> {
    const { catalog, mart } = this.#surroundings
    const partitions = this.#random.int(1, 2)
    this.#cluster.createTopics(
      catalog.topics.map(({ name, maxMessageBytes }) => ({
        ...{ name, partitions, replicas: this.#cluster.brokers },
        config: new Map([['max.message.bytes', String(maxMessageBytes)]]),
      })),
    )
    await mart.ensureTables(catalog.tables)
  }

  /** Faults end, every service starts once more, and works off what is there. */
  async #settle(): Promise<void> {
    this.#network.heal()
    this.#cluster.setAway([0, 1, 2], false)
    this.#lakeServer.isUp = true
    this.#lakeServer.listingLagMs = 0
    this.#martAway.isAway = false
    this.#smsProvider.isUp = true
    this.#smsProvider.isBusy = false
    for (const { running } of this.#pods) running?.process.resume()
    await this.#loop.run(this.#loop.nowMs + LANDED_MS)
    for (const pod of this.#pods) {
      const { running } = pod
      const { sessionTimeoutMs } = this.#surroundings.runner
      if (running)
        this.#loop.after(sessionTimeoutMs, WORLD, 'session ends', () => this.#cluster.expire(running.process))
      pod.kill()
      pod.start()
    }
    let quiet = 0
    const untilMs = this.#loop.nowMs + SETTLE_WITHIN_MS
    let behind: readonly string[] = []
    while (quiet < 2 && this.#loop.nowMs < untilMs && this.#failures.length === 0) {
      await this.#loop.run(this.#loop.nowMs + LOOK_EVERY_MS)
      behind = this.#watch.behind()
      quiet = behind.length === 0 ? quiet + 1 : 0
    }
    if (quiet < 2 && this.#failures.length === 0)
      this.#failures.push(`not settled after ${SETTLE_WITHIN_MS / 60_000} min: ${behind.slice(0, 3).join('; ')}`)
  }

  async #stop(): Promise<void> {
    let left = this.#pods.length
    for (const pod of this.#pods)
      pod
        .stop()
        .then(
          timers => timers > 0 && this.#failures.push(`${pod.name} has stopped, and left ${timers} timers behind`),
          (error: unknown) => this.#failures.push(`${pod.name} did not stop: ${describe(error)}`),
        )
        .finally(() => left--)
    await this.#until('every service to stop', STOP_WITHIN_MS, () => left === 0)
  }

  async #until(what: string, withinMs: number, isDone: () => boolean): Promise<void> {
    const untilMs = this.#loop.nowMs + withinMs
    await this.#loop.run(untilMs, () => isDone() || this.#failures.length > 0)
    if (!isDone() && this.#failures.length === 0) this.#failures.push(`waited ${withinMs / 60_000} min for ${what}`)
  }

  async #judge(golden: ReturnType<typeof goldenOf>): Promise<void> {
    const { catalog, mart } = this.#surroundings
    const outcome = {
      ...{ catalog, mart, golden, loop: this.#loop, cluster: this.#cluster, lakeServer: this.#lakeServer },
      ...{ judge: this.#world, ledger: LEDGER },
    }
    let isDone = false
    const disks = this.#pods.map(({ disk }) => disk.files)
    const judging = currentProcess
      .run(this.#world, async () => [...(await judgeStores(outcome)), ...(await judgeLeftovers(outcome, disks))])
      .finally(() => {
        isDone = true
      })
    judging.catch(() => {})
    await this.#loop.run(Number.POSITIVE_INFINITY, () => isDone)
    this.#failures.push(
      ...(await judging),
      ...judgeRepeats(catalog, this.#cluster),
      ...judgeMessages(this.#cluster, this.#smsProvider),
    )
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

/** Runs the whole platform under one seed. A pure function of its options: two runs have one trace. */
export async function simulate(options: SimulateOptions): Promise<SimulationResult> {
  return new Simulation(options).run()
}
