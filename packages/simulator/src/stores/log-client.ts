import type { ConsumerOptions, LogRecord } from '@millrace/event-log'
import {
  ClientError,
  type ClientLibrary,
  type ConnectedAdmin,
  type ConnectedProducer,
  errorType,
  type Fetcher,
  type Membership,
  type MembershipHandler,
  type OffsetToCommit,
  type TopicPartition,
} from '@millrace/event-log/kafka-client'
import { Random } from '@millrace/simulation'
import type { Loop, Step } from '../loop.ts'
import { type Network, NoAnswer, Unreachable } from '../network.ts'
import type { ServiceProcess } from '../service-process.ts'
import type { GroupMember } from './consumer-group.ts'
import type { LogCluster, Partition, ProducerBatch } from './log-cluster.ts'

/** As the adapter's own settings have it. */
const REQUEST_TIMEOUT_MS = 10_000
const HEARTBEAT_MS = 500
const DEFAULT_SESSION_MS = 30_000
const BACKOFF_MS = 200
const MOST_BACKOFFS = 10
const MOST_FETCHED = 500

export interface LogClientParts {
  readonly cluster: LogCluster
  readonly network: Network
  readonly loop: Loop
  readonly process: ServiceProcess
  /** Told of what a member must not do, in one sentence. */
  readonly onFault: (sentence: string) => void
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** A client library for one process, over the simulated network. */
export function createLogClientLibrary(parts: LogClientParts): ClientLibrary {
  const { cluster, network, loop, process } = parts

  /** Asks a broker, or any of them. */
  async function ask<T>(what: string, broker: () => number | null, work: () => T): Promise<T> {
    const leader = broker()
    try {
      return await network.call({
        from: process,
        to: leader === null ? 'log' : `broker-${leader}`,
        what,
        timeoutMs: REQUEST_TIMEOUT_MS,
        isUp: () => {
          const asked = broker()
          return asked === null ? cluster.isReachable : cluster.isUp(asked)
        },
        work,
      })
    } catch (error) {
      if (error instanceof NoAnswer || error instanceof Unreachable)
        throw new ClientError(error.message, { isPassing: true }, error)
      throw error
    }
  }

  const leaderOf = (of: TopicPartition) => (): number | null =>
    cluster.partitionsOf(of.topic)[of.partition]?.leader ?? null
  const anyone = (): null => null

  return {
    async connectProducer(): Promise<ConnectedProducer> {
      const producer = await ask('connects a producer', anyone, () => cluster.newProducer())
      /** By partition: the batch that was sent last, with its number. */
      const batches = new Map<string, ProducerBatch>()
      return {
        send(to, records) {
          let batch = batches.get(keyOf(to))
          if (batch?.records !== records) {
            batch = { producer, sequence: (batch?.sequence ?? 0) + 1, records, writer: process, sentMs: loop.nowMs }
            batches.set(keyOf(to), batch)
          }
          return ask(`stores in ${to.topic}`, leaderOf(to), () => cluster.append(to, batch))
        },
        async disconnect() {},
      }
    },
    async connectAdmin(): Promise<ConnectedAdmin> {
      const { promise: gone, reject: disconnect } = Promise.withResolvers<never>()
      gone.catch(() => {})
      const asked = <T>(what: string, work: () => T): Promise<T> => Promise.race([ask(what, anyone, work), gone])
      return {
        brokerCount: () => asked('is pinged', () => cluster.brokers),
        partitionCounts: () => asked('tells its topics', () => cluster.partitionCounts()),
        setting: (topic, name) =>
          asked('tells a setting', () => cluster.describe([topic]).get(topic)?.config.get(name)?.value),
        ranges: topic => asked('tells ranges', () => cluster.ranges(topic)),
        committed: (group, topics) => asked('tells offsets', () => cluster.committed(group, topics)),
        describe: names => asked('describes topics', () => cluster.describe(names)),
        describeEverywhere: names => asked('describes topics', () => [cluster.describe(names)]),
        createTopics: topics => asked('makes topics', () => cluster.createTopics(topics)),
        setPartitions: (topic, count) => asked('adds partitions', () => cluster.setPartitions(topic, count)),
        setConfig: (topic, wanted) => asked('sets topics', () => cluster.setConfig(topic, wanted)),
        async disconnect() {
          disconnect(new ClientError('the client is closed', { isPassing: true }))
        },
      }
    },
    createMembership: (options, handler) => new SimulatedMembership(parts, ask, options, handler),
    createFetcher: (): Fetcher => ({
      fetch: (from, offset) =>
        ask(`reads ${from.topic}`, leaderOf(from), () => {
          const { stored, earliest, end } = cluster.partition(from)
          if (offset < earliest || offset > end || network.refusesOffset()) return 'gone' as const
          const records = stored.slice(offset, offset + MOST_FETCHED).map(({ record }) => record)
          return {
            next: offset + records.length,
            between: (first, to) => records.filter(record => record.offset >= first && record.offset < to),
          }
        }),
      async disconnect() {},
    }),
  }
}

/** A partition that a member reads. */
interface Reading extends TopicPartition {
  position: number | null
  isPaused: boolean
  isBusy: boolean
  /** Grows with every seek. */
  version: number
  /** Ends the wait for records. */
  unlisten: () => void
  /** Behind what was handed over, or where reading began. */
  handedTo: number
  committed: number
}

type Ask = <T>(what: string, broker: () => number | null, work: () => T) => Promise<T>

/** One membership, with the life of a member of the classic protocol. */
class SimulatedMembership implements Membership {
  readonly ended: Promise<unknown>
  readonly #parts: LogClientParts
  readonly #ask: Ask
  readonly #options: ConsumerOptions
  readonly #handler: MembershipHandler
  readonly #random: Random
  readonly #end: (error: unknown) => void
  #id = ''
  #generation = 0
  #joinedId = ''
  #readings = new Map<string, Reading>()
  #isStopped = false
  /** In the answer to which the coordinator says something. */
  #heartbeat: Step | null = null

  constructor(parts: LogClientParts, ask: Ask, options: ConsumerOptions, handler: MembershipHandler) {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.ended = promise
    this.#end = resolve
    this.#parts = parts
    this.#ask = ask
    this.#options = options
    this.#handler = handler
    this.#random = new Random('membership', parts.process.name, options.group, parts.loop.nowMs)
  }

  get #group() {
    return this.#parts.cluster.group(this.#options.group)
  }

  #coordinator = (): number | null => null

  async start(): Promise<void> {
    await this.#join()
  }

  /** Joins, as often as it takes; what comes of it is told by the group. */
  async #join(): Promise<void> {
    const { process } = this.#parts
    if (this.#id === '') this.#id = `${process.name}-${this.#parts.cluster.newMember()}`
    const id = this.#id
    while (!this.#isStopped && this.#id === id)
      try {
        await this.#ask('takes a member', this.#coordinator, () => {
          if (!this.#isStopped && this.#id === id) this.#group.join(this.#memberOf(id))
        })
        return
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        await process.clock.sleep(BACKOFF_MS)
      }
  }

  #memberOf(id: string): GroupMember {
    const { process, loop, network } = this.#parts
    const soon = (name: string, run: () => void): void => {
      if (this.#isStopped) return
      const delayMs = this.#random.int(0, HEARTBEAT_MS)
      this.#heartbeat = loop.after(delayMs, process, name, () => {
        if (this.#isStopped || this.#id !== id) return
        // It is told with the answer to a heartbeat.
        if (network.cutOf(process, 'log')) soon(name, run)
        else run()
      })
    }
    return {
      id,
      process,
      topics: this.#options.topics,
      sessionMs: this.#options.sessionTimeoutMs ?? DEFAULT_SESSION_MS,
      onRebalance: () => soon('joins again', () => this.#group.isRebalancing && void this.#join()),
      onJoined: (generation, partitions) =>
        loop.after(this.#random.int(1, 5), process, 'has joined', () => {
          if (this.#isStopped || this.#id !== id) return
          if (network.cutOf(process, 'log')) void this.#join()
          else this.#joined(id, generation, partitions)
        }),
      onUnknown: () =>
        soon('is not known', () => {
          this.#id = ''
          void this.#join()
        }),
    }
  }

  #joined(id: string, generation: number, partitions: readonly TopicPartition[]): void {
    if (generation <= this.#generation) return
    const isContinuation = this.#joinedId === id && generation === this.#generation + 1
    this.#joinedId = id
    this.#generation = generation
    for (const reading of this.#readings.values()) reading.unlisten()
    this.#readings = new Map(
      partitions.map(of => [
        keyOf(of),
        {
          ...{ ...of, position: null, isPaused: true, isBusy: false, version: 0, unlisten: () => {} },
          ...{ handedTo: 0, committed: 0 },
        },
      ]),
    )
    this.#handler.onJoined(partitions, isContinuation)
  }

  seek(of: TopicPartition, offset: number): void {
    const reading = this.#readings.get(keyOf(of))
    if (!reading) return
    reading.position = offset
    reading.handedTo = Math.max(offset, reading.handedTo)
    reading.version++
    this.#read(reading)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const reading of this.#of(partitions)) reading.isPaused = true
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const reading of this.#of(partitions)) {
      reading.isPaused = false
      this.#read(reading)
    }
  }

  #of(partitions: readonly TopicPartition[]): Reading[] {
    return partitions.map(of => this.#readings.get(keyOf(of))).filter(reading => reading !== undefined)
  }

  #isCurrent(reading: Reading): boolean {
    return !this.#isStopped && this.#readings.get(keyOf(reading)) === reading
  }

  #partitionOf(reading: Reading): Partition {
    return this.#parts.cluster.partition(reading)
  }

  /** Fetches what comes next, or waits until something does. */
  #read(reading: Reading): void {
    if (!this.#isCurrent(reading) || reading.isPaused || reading.isBusy || reading.position === null) return
    const partition = this.#partitionOf(reading)
    reading.unlisten()
    if (reading.position === partition.end) {
      const tell = (): void => {
        reading.unlisten()
        this.#read(reading)
      }
      partition.onRecords.add(tell)
      reading.unlisten = () => partition.onRecords.delete(tell)
      return
    }
    reading.isBusy = true
    void this.#fetch(reading, reading.position, reading.version).finally(() => {
      reading.isBusy = false
      this.#read(reading)
    })
  }

  async #fetch(reading: Reading, from: number, version: number): Promise<void> {
    const { process } = this.#parts
    const isStale = (): boolean => reading.version !== version || !this.#isCurrent(reading)
    let records: readonly LogRecord[]
    let end: number
    try {
      ;({ records, end } = await this.#ask(
        `is read in ${reading.topic}`,
        () => this.#partitionOf(reading).leader,
        () => this.#take(reading, from),
      ))
    } catch (error) {
      if (errorType(error) === 'OFFSET_OUT_OF_RANGE') reading.position = this.#partitionOf(reading).earliest
      else await process.clock.sleep(this.#random.int(1, MOST_BACKOFFS) * BACKOFF_MS)
      return
    }
    if (isStale() || records.length === 0) return
    reading.handedTo = Math.max(reading.handedTo, records.at(-1)!.offset + 1)
    await this.#handler
      .onBatch({
        topic: reading.topic,
        partition: reading.partition,
        fetchedFrom: from,
        end,
        recordsFrom: offset => records.filter(record => record.offset >= offset),
        isStale,
        moveOn() {
          if (!isStale()) reading.position = records.at(-1)!.offset + 1
        },
      })
      .catch(() => {})
  }

  #take(reading: Reading, from: number) {
    const { stored, earliest, end } = this.#partitionOf(reading)
    if (from < earliest || from > end || this.#parts.network.refusesOffset())
      throw new ClientError('no such offset', { type: 'OFFSET_OUT_OF_RANGE' })
    const most = this.#random.int(1, MOST_FETCHED)
    let bytes = 0
    const records: LogRecord[] = []
    for (let offset = from; offset < Math.min(end, from + most); offset++) {
      const { record } = stored[offset]!
      bytes += record.value.length
      if (records.length > 0 && bytes > (this.#options.maxBatchBytes ?? Number.POSITIVE_INFINITY)) break
      records.push(record)
    }
    return { records, end }
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    const [id, generation] = [this.#id, this.#generation]
    const { group } = this.#options
    this.#judge(offsets)
    await this.#ask(`takes offsets of ${group}`, this.#coordinator, () =>
      this.#parts.cluster.commit(group, id, generation, offsets),
    )
  }

  /** A member commits what it was given, and never less than before. */
  #judge(offsets: readonly OffsetToCommit[]): void {
    for (const { topic, partition, offset } of offsets) {
      const reading = this.#readings.get(keyOf({ topic, partition }))
      if (!reading) continue
      const { handedTo, committed } = reading
      if (offset > handedTo || offset < committed)
        this.#parts.onFault(
          `${this.#options.group} commits ${offset} of ${topic}/${partition}, was given records up to ${handedTo} and had committed ${committed}`,
        )
      reading.committed = offset
    }
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#heartbeat?.cancel()
    for (const reading of this.#readings.values()) reading.unlisten()
    const id = this.#id
    if (id !== '') await this.#ask('lets a member go', this.#coordinator, () => this.#group.leave(id)).catch(() => {})
    this.#end(undefined)
  }
}
