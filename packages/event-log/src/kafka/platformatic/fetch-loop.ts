import type { Clock, Logger } from '@millrace/runtime'
import { ListOffsetTimestamps, listOffsetsV7, ProtocolError } from '@platformatic/kafka'
import type { LogRecord } from '../../event-log.ts'
import type { MembershipHandler, TopicPartition } from '../client-library.ts'
import { errorType, isPassing } from '../kafka-errors.ts'
import { clientError } from './client-errors.ts'
import { type Cluster, isStale } from './cluster.ts'
import { decodeBatches } from './record-batch.ts'
import { type FetchAnswer, fetchBatches } from './record-requests.ts'

/** How long a broker holds a fetch back when it has nothing new. */
const WAIT_MS = 250
/** The same while a partition of that broker is left out, because it is paused or what came of it was not taken yet: it may be soon. */
const SHORT_WAIT_MS = 50
const MIN_ANSWER_BYTES = 10 << 20
const BACKOFF_MS = 200
const CLIENT = -1
const READ_UNCOMMITTED = 0
const NO_EPOCH = -1

/** A partition that is read. */
interface Reading extends TopicPartition {
  /** Where the next fetch begins; null before the first seek. */
  position: number | null
  isPaused: boolean
  /** A fetch for it is under way. */
  isFetching: boolean
  /** What was fetched waits to be taken. */
  isWaiting: boolean
  /** Grows with every seek: what was fetched before belongs to another position. */
  version: number
  /** What was fetched and not taken before the pause: it need not be fetched again. */
  kept: Fetched | null
}

/** What came of a partition. */
interface Fetched {
  readonly records: readonly LogRecord[]
  readonly fetchedFrom: number
  readonly next: number
  readonly end: number
  readonly version: number
}

export interface FetchLoopParts {
  readonly cluster: Pick<Cluster, 'ask' | 'knownLeader' | 'learn' | 'forget'>
  readonly clock: Clock
  readonly logger: Logger
  /** Most bytes of one batch. */
  readonly maxBatchBytes: number
  readonly onBatch: MembershipHandler['onBatch']
  /** The reading cannot go on. */
  readonly onFailed: (error: unknown) => void
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** Reads the partitions of a member on and on: one fetch under way per broker, one batch waiting per partition. */
export class FetchLoop {
  readonly #parts: FetchLoopParts
  readonly #closing = new AbortController()
  readonly #busyBrokers = new Set<number>()
  #readings = new Map<string, Reading>()
  #isScheduled = false
  #isLearning = false

  constructor(parts: FetchLoopParts) {
    this.#parts = parts
  }

  /** From now on these partitions are read and no others, each from the first seek and resume on. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#readings = new Map(
      partitions.map(({ topic, partition }) => [
        keyOf({ topic, partition }),
        {
          topic,
          partition,
          position: null,
          isPaused: true,
          isFetching: false,
          isWaiting: false,
          version: 0,
          kept: null,
        },
      ]),
    )
  }

  seek(of: TopicPartition, offset: number): void {
    const reading = this.#readings.get(keyOf(of))
    if (!reading) return
    reading.position = offset
    reading.version++
    reading.kept = null
    this.#schedule()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const reading of this.#of(partitions)) reading.isPaused = true
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const reading of this.#of(partitions)) {
      const { kept } = reading
      reading.isPaused = false
      reading.kept = null
      if (kept) this.#offer(reading, kept)
    }
    this.#schedule()
  }

  close(): void {
    this.#closing.abort()
    this.#readings.clear()
  }

  #of(partitions: readonly TopicPartition[]): Reading[] {
    return partitions.map(of => this.#readings.get(keyOf(of))).filter(reading => reading !== undefined)
  }

  /** Several partitions that become ready together go out in one fetch. */
  #schedule(): void {
    if (this.#isScheduled || this.#closing.signal.aborted) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#fetchReady()
    })
  }

  #fetchReady(): void {
    const { cluster } = this.#parts
    const ready = new Map<number, Reading[]>()
    const leaderless = new Set<string>()
    const leftOut = new Set<number | undefined>()
    for (const reading of this.#readings.values()) {
      const { topic, partition, position, isPaused, isFetching, isWaiting } = reading
      if (position === null || isFetching) continue
      const leader = cluster.knownLeader(topic, partition)
      if (isPaused || isWaiting) leftOut.add(leader)
      else if (leader === undefined) leaderless.add(topic)
      else if (!this.#busyBrokers.has(leader)) ready.set(leader, [...(ready.get(leader) ?? []), reading])
    }
    if (leaderless.size > 0 && !this.#isLearning) void this.#learn([...leaderless])
    for (const [leader, readings] of ready) void this.#fetch(leader, readings, leftOut.has(leader))
  }

  async #learn(topics: readonly string[]): Promise<void> {
    const { cluster } = this.#parts
    this.#isLearning = true
    try {
      await Promise.all(topics.map(topic => cluster.learn(topic)))
      const isKnown = [...this.#readings.values()].every(
        ({ topic, partition }) => !topics.includes(topic) || cluster.knownLeader(topic, partition) !== undefined,
      )
      if (!isKnown) await this.#backOff()
    } catch (error) {
      await this.#recover(error)
    }
    this.#isLearning = false
    this.#schedule()
  }

  async #fetch(leader: number, readings: readonly Reading[], isSomeLeftOut: boolean): Promise<void> {
    const { cluster, maxBatchBytes } = this.#parts
    const asked = new Map(
      readings.map(reading => [
        keyOf(reading),
        { reading, offset: reading.position!, version: reading.version } as const,
      ]),
    )
    this.#busyBrokers.add(leader)
    for (const reading of readings) reading.isFetching = true
    try {
      const answers = await cluster.ask(
        leader,
        fetchBatches,
        {
          maxWaitMs: isSomeLeftOut ? SHORT_WAIT_MS : WAIT_MS,
          maxBytes: Math.max(MIN_ANSWER_BYTES, maxBatchBytes),
          maxPartitionBytes: maxBatchBytes,
        },
        readings.map(({ topic, partition, position }) => ({ topic, partition, offset: position! })),
      )
      let failure: unknown
      for (const answer of answers) {
        const { reading, offset, version } = asked.get(keyOf(answer)) ?? {}
        if (!reading || offset === undefined || reading.version !== version || !this.#isCurrent(reading)) continue
        try {
          if (answer.errorCode !== 0) throw clientError(new ProtocolError(answer.errorCode))
          this.#take(reading, answer, offset)
        } catch (error) {
          if (errorType(error) === 'OFFSET_OUT_OF_RANGE') await this.#goToEarliest(leader, reading)
          else failure = error
          if (failure !== undefined && isStale(failure)) cluster.forget(reading.topic)
        }
      }
      if (failure !== undefined) await this.#recover(failure)
    } catch (error) {
      for (const { topic } of readings) cluster.forget(topic)
      await this.#recover(error)
    }
    this.#busyBrokers.delete(leader)
    for (const reading of readings) reading.isFetching = false
    this.#schedule()
  }

  #take(reading: Reading, answer: FetchAnswer, fetchedFrom: number): void {
    if (answer.bytes.length === 0) return
    const { records, next } = decodeBatches(answer, fetchedFrom)
    if (records.length === 0) reading.position = next
    else this.#offer(reading, { records, fetchedFrom, next, end: answer.end, version: reading.version })
  }

  /** Offers what came of a partition; what is let go because of a pause is offered again after it. */
  #offer(reading: Reading, fetched: Fetched): void {
    const { topic, partition } = reading
    const { records, fetchedFrom, next, end, version } = fetched
    const isStale = (): boolean => reading.version !== version || !this.#isCurrent(reading)
    const keepWhilePaused = (): void => {
      if (reading.isPaused && !isStale() && reading.position === fetchedFrom) reading.kept = fetched
    }
    if (reading.isPaused) {
      keepWhilePaused()
      return
    }
    reading.isWaiting = true
    this.#parts
      .onBatch({
        topic,
        partition,
        fetchedFrom,
        end,
        recordsFrom: offset =>
          offset <= records[0]!.offset ? records : records.filter(record => record.offset >= offset),
        isStale,
        moveOn() {
          if (!isStale()) reading.position = next
        },
      })
      // What the batch is let go with is of interest to other clients only.
      .catch(() => {})
      .finally(() => {
        reading.isWaiting = false
        keepWhilePaused()
        this.#schedule()
      })
  }

  /** The log no longer has what comes next, or does not have it yet: the reading goes on with what is left. */
  async #goToEarliest(leader: number, reading: Reading): Promise<void> {
    const { topic, partition, version } = reading
    const wanted = {
      partitionIndex: partition,
      currentLeaderEpoch: NO_EPOCH,
      timestamp: ListOffsetTimestamps.EARLIEST,
    }
    const answer = await this.#parts.cluster.ask(leader, listOffsetsV7.api, CLIENT, READ_UNCOMMITTED, [
      { name: topic, partitions: [wanted] },
    ])
    const earliest = answer.topics[0]?.partitions[0]?.offset
    if (earliest !== undefined && reading.version === version) reading.position = Number(earliest)
  }

  #isCurrent(reading: Reading): boolean {
    return this.#readings.get(keyOf(reading)) === reading
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return
    const { logger, onFailed } = this.#parts
    logger.debug({ err: error }, 'log_fetch_retried')
    if (!isPassing(error)) onFailed(error)
    await this.#backOff()
  }

  async #backOff(): Promise<void> {
    await this.#parts.clock.sleep(BACKOFF_MS, this.#closing.signal).catch(() => {})
  }
}
