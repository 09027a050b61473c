import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type EventOf,
  type FailedEvent,
  failedEvent,
  failedEventsTopic,
  serviceOf,
  type Topic,
} from '@millrace/contracts'
import {
  createEmbeddedEventLog,
  type EventLog,
  type LogConsumer,
  type LogProducer,
  type LogRecord,
  type OutgoingRecord,
} from '@millrace/event-log'
import {
  createHealth,
  createLogger,
  createServiceMetrics,
  type Health,
  ManualClock,
  type ServiceMetrics,
  systemClock,
} from '@millrace/runtime'
import { createRunner, emitEvent, type Runner, type RunnerOptions, type Topology } from '@millrace/stream'
import { type LogCall, ProcessLog } from './topology-driver-log.ts'
import { seededRandom } from './topology-driver-random.ts'

export interface TopologyDriverOptions {
  /** Time of the driver; where left out it begins at 2026-01-01T00:00Z and moves by `advance` only. */
  readonly clock?: ManualClock
  /** Seed of the jitter of retries. */
  readonly seed?: number
  readonly runner?: RunnerOptions
  /** Topics besides those that the topology reads and writes. */
  readonly topics?: readonly Topic[]
  /** False lets the topology publish what is no event of the topic, for tests of the runner itself. */
  readonly validateOutputs?: boolean
  /** Puts something between the process and the log, for a log that fails. */
  readonly throughLog?: (log: EventLog) => EventLog
  /** Sees every call of the process to the log; may call `crashNow` to end the process at this very point. */
  readonly onLogCall?: (call: LogCall) => void
}

/** A topology under test: real codecs and a real log on disk, no broker, and time that moves when told to. */
export interface TopologyDriver {
  readonly clock: ManualClock
  /** The log behind it, for what the driver does not show. */
  readonly log: EventLog
  readonly runner: Runner
  readonly isRunning: boolean
  /** Of the process that runs, or ran last. */
  readonly health: Health
  readonly metrics: ServiceMetrics
  /** Sends events as a producer would (checked against the contract of the topic), and waits until they are worked off. */
  pipe<T extends Topic>(topic: T, ...events: EventOf<T>[]): Promise<void>
  /** Sends bytes as they are, for what a contract would not let through. */
  pipeBytes(topic: string, key: string, ...values: (Buffer | string)[]): Promise<void>
  /** Every event of a topic, by time of sending, partition and offset. */
  read<T extends Topic>(topic: T): Promise<EventOf<T>[]>
  records(topic: string): Promise<LogRecord[]>
  failed(): Promise<FailedEvent[]>
  /** Lets time pass and waits until what it set off is done. */
  advance(ms: number): Promise<void>
  /** Ends the process as kill -9 does: nothing is finished, nothing is committed. */
  crash(): Promise<void>
  /** As `crash`, at once; the process is gone when the next wait of the driver returns. */
  crashNow(): void
  /** Starts the process again after `crash`, or anew after a clean stop. */
  restart(): Promise<void>
  /** Others join the group and leave it again: most partitions are taken away and given back. */
  rebalance(): Promise<void>
  /** Committed offset and metadata per partition. */
  committed(topic: string): ReturnType<EventLog['committed']>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const START_MS = Date.UTC(2026, 0, 1)
const SETTLE_WITHIN_MS = 30_000
const APPEND_DEADLINE_MS = 10_000
const OTHER_MEMBERS = 5

/**
 * Starts a topology on a log of its own; close it (or declare it with `await using`) when done.
 * @param topology or what makes one that reads topics of that log by itself
 */
export async function createTopologyDriver(
  topology: Topology | ((log: EventLog) => Topology),
  options: TopologyDriverOptions = {},
): Promise<TopologyDriver> {
  const driver = await Driver.open(topology, options)
  await driver.restart()
  return driver
}

class Driver implements TopologyDriver {
  readonly clock: ManualClock
  readonly log: EventLog
  readonly #topology: Topology
  readonly #options: TopologyDriverOptions
  readonly #directory: string
  readonly #producer: LogProducer
  readonly #random: () => number
  health: Health = createHealth()
  metrics!: ServiceMetrics
  #process: ProcessLog | null = null
  #runner: Runner | null = null
  #failure: { readonly error: unknown } | null = null

  private constructor(
    topology: Topology,
    options: TopologyDriverOptions,
    world: { clock: ManualClock; log: EventLog; directory: string; producer: LogProducer },
  ) {
    this.#topology = topology
    this.#options = options
    this.clock = world.clock
    this.log = world.log
    this.#directory = world.directory
    this.#producer = world.producer
    this.#random = seededRandom(options.seed ?? 1)
  }

  static async open(made: Topology | ((log: EventLog) => Topology), options: TopologyDriverOptions): Promise<Driver> {
    const clock = options.clock ?? new ManualClock(START_MS)
    const directory = await mkdtemp(join(tmpdir(), 'topology-driver-'))
    const logger = createLogger('topology-driver', { level: 'silent' })
    const log = await createEmbeddedEventLog({ directory, clock, logger })
    const topology = typeof made === 'function' ? made(log) : made
    const { topics, outputs } = topology
    const ensured = new Set([...topics, ...outputs, ...(options.topics ?? []), failedEventsTopic])
    await log.ensureTopics([...ensured])
    const producer = await log.producer({ clientId: 'topology-driver' })
    return new Driver(topology, options, { clock, log, directory, producer })
  }

  get isRunning(): boolean {
    return this.#runner !== null
  }

  get runner(): Runner {
    if (!this.#runner) throw new Error('The process has ended: call restart() first.')
    return this.#runner
  }

  async pipe<T extends Topic>(topic: T, ...events: EventOf<T>[]): Promise<void> {
    const emits = events.map(event => {
      const checked = topic.schema.safeParse(event)
      if (!checked.success)
        throw new Error(`Not an event of ${topic.name} (use pipeBytes for bad ones): ${checked.error.message}`)
      return emitEvent(topic, checked.data)
    })
    await this.#send(topic.name, emits)
  }

  pipeBytes(topic: string, key: string, ...values: (Buffer | string)[]): Promise<void> {
    return this.#send(
      topic,
      values.map(value => ({ key: Buffer.from(key), value: Buffer.from(value) })),
    )
  }

  async #send(topic: string, records: readonly { readonly key: Buffer; readonly value: Buffer }[]): Promise<void> {
    const timestampMs = this.clock.now()
    const outgoing = records.map(({ key, value }) => ({ key, value, timestampMs }))
    const results = await this.#producer.append(topic, outgoing, { deadlineMs: APPEND_DEADLINE_MS })
    for (const result of results) if (!result.ok) throw result.error
    await this.#settle()
  }

  async records(topic: string): Promise<LogRecord[]> {
    const all: LogRecord[] = []
    for (const { partition, earliest, end } of await this.log.range(topic))
      for await (const batch of this.log.read(topic, partition, earliest, end)) all.push(...batch)
    return all.sort((a, b) => a.timestampMs - b.timestampMs || a.partition - b.partition || a.offset - b.offset)
  }

  async read<T extends Topic>(topic: T): Promise<EventOf<T>[]> {
    const records = await this.records(topic.name)
    return records.map(({ value }) => topic.schema.parse(JSON.parse(value.toString())) as EventOf<T>)
  }

  async failed(): Promise<FailedEvent[]> {
    return (await this.records(failedEventsTopic.name)).map(({ value }) =>
      failedEvent.parse(JSON.parse(value.toString())),
    )
  }

  async advance(ms: number): Promise<void> {
    const stepMs = this.#options.runner?.pollMs ?? 250
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left))
      await this.#settle()
    }
  }

  crashNow(): void {
    this.#process?.kill()
    this.#runner = null
  }

  async crash(): Promise<void> {
    this.crashNow()
    await this.#settle()
  }

  async restart(): Promise<void> {
    await this.#settle()
    if (this.#runner) await this.#stop()
    await this.#bury()
    const log = this.#options.throughLog?.(this.log) ?? this.log
    const process = new ProcessLog(log, this.clock, {
      onCall: call => this.#options.onLogCall?.(call),
      onAppend: (topic, records) => this.#validate(topic, records),
    })
    const metrics = createServiceMetrics(serviceOf(this.#topology.name), { processMetrics: false })
    const health = createHealth()
    const runner = createRunner({
      topology: this.#topology,
      log: process,
      clock: process.clock,
      logger: createLogger(this.#topology.name, { level: 'silent' }),
      metrics,
      health,
      options: { random: this.#random, ...this.#options.runner },
    })
    this.#failure = null
    runner.finished.catch(error => {
      this.#failure = { error }
    })
    this.#process = process
    this.#runner = runner
    this.health = health
    this.metrics = metrics
    await runner.start()
    await this.#settle()
  }

  async rebalance(): Promise<void> {
    const { name: group } = this.#topology
    const topics = this.#topology.topics.map(({ name }) => name)
    const others: LogConsumer[] = []
    for (let n = 0; n < OTHER_MEMBERS; n++)
      others.push(await this.log.consumer({ group, topics, clientId: `other-${n}` }))
    await this.#settle()
    for (const other of others) await other.close()
    await this.#settle()
  }

  committed(topic: string): ReturnType<EventLog['committed']> {
    return this.log.committed(this.#topology.name, topic)
  }

  async close(): Promise<void> {
    if (this.#runner) await this.#stop()
    await this.#bury()
    await this.log.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @throws when the topology publishes to a topic that it does not declare, or what is no event of the topic */
  #validate(name: string, records: readonly OutgoingRecord[]): void {
    if (this.#options.validateOutputs === false) return
    const topic = [...this.#topology.outputs, failedEventsTopic as Topic].find(output => output.name === name)
    if (!topic)
      throw new Error(`The topology "${this.#topology.name}" writes ${name} and does not declare it as output.`)
    for (const { key, value } of records) {
      const event: unknown = JSON.parse(value.toString())
      const checked = topic.schema.safeParse(event)
      if (!checked.success) throw new Error(`Not an event of ${name}: ${checked.error.message}\n${value}`)
      const expected = topic.keyOf(checked.data)
      if (key.toString() !== expected)
        throw new Error(`A record of ${name} has the key "${key}", expected "${expected}" (${topic.keyText}).`)
    }
  }

  async #stop(): Promise<void> {
    const stopped = this.runner.stop()
    let isStopped = false
    stopped.finally(() => {
      isStopped = true
    })
    while (!isStopped && this.#runner) {
      await turn()
      // Time moves only for what waits for it, or it would outrun the disk.
      if (this.#runner?.isQuiet) await this.clock.advance(10)
    }
    this.#runner = null
  }

  async #bury(): Promise<void> {
    const killed = this.#process
    this.#process = null
    await killed?.release()
  }

  /** Waits until nothing more happens by itself; throws what ended the runner. */
  async #settle(): Promise<void> {
    const untilMs = systemClock.now() + SETTLE_WITHIN_MS
    for (let quietTurns = 0; quietTurns < 2; ) {
      await turn()
      if (!this.#runner) return this.#bury()
      if (this.#failure) throw this.#failure.error
      const isQuiet = (await this.#process!.isIdle()) && this.#runner?.isQuiet === true
      quietTurns = isQuiet ? quietTurns + 1 : 0
      if (systemClock.now() > untilMs)
        throw new Error(`The topology "${this.#topology.name}" is still busy after ${SETTLE_WITHIN_MS} ms.`)
    }
  }
}
