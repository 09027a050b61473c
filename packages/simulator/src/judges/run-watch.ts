import { type Loop, WORLD } from '../loop.ts'
import type { Pod } from '../pod.ts'
import type { LogCluster } from '../stores/log-cluster.ts'

const LOOK_EVERY_MS = 20_000
/** What is made of a batch, and a batch that is one large record. */
const BATCH_FACTOR = 4

interface Seen {
  readonly process: string
  readonly committed: number
}

export interface WatchOptions {
  /** Whether the log answers: else a service cannot know what it has. */
  readonly isCalm: () => boolean
  /** Bytes that a process may hold, and that one batch of a partition adds to them. */
  readonly inFlightBytes: number
  readonly maxBatchBytes: number
}

/** What has to hold at any time of a run. */
export class RunWatch {
  readonly failures: string[] = []
  readonly #loop: Loop
  readonly #cluster: LogCluster
  readonly #pods: () => readonly Pod[]
  readonly #options: WatchOptions
  /** Groups, partitions of which wait with the same offset as at the last look. */
  #waiting = new Map<string, Seen>()

  constructor(loop: Loop, cluster: LogCluster, pods: () => readonly Pod[], options: WatchOptions) {
    this.#loop = loop
    this.#cluster = cluster
    this.#pods = pods
    this.#options = options
  }

  start(): void {
    this.#loop.after(LOOK_EVERY_MS, WORLD, 'is looked at', () => {
      void this.#look()
      void this.#weigh()
      this.start()
    })
  }

  /** Groups that have not finished a topic, in words. */
  behind(): readonly string[] {
    return this.#pods().flatMap(({ running }) =>
      Object.entries(running?.groups ?? {}).flatMap(([group, topics]) =>
        topics.flatMap(topic => {
          const lag = this.#cluster.lag(group, topic)
          return lag > 0 ? [`${group} is ${lag} records behind on ${topic}`] : []
        }),
      ),
    )
  }

  /** A process holds no more than its budget and a batch of each partition. */
  async #weigh(): Promise<void> {
    const { inFlightBytes, maxBatchBytes } = this.#options
    for (const { running } of this.#pods()) {
      // A gateway has a budget of its own.
      if (!running || running.server) continue
      const { process, metrics, groups } = running
      const partitions = Object.values(groups)
        .flat()
        .reduce((sum, topic) => sum + this.#cluster.partitionsOf(topic).length, 0)
      const mostBytes = inFlightBytes + BATCH_FACTOR * maxBatchBytes * partitions
      const heldBytes = (await metrics.inFlightBytes.get()).values[0]?.value ?? 0
      if (heldBytes > mostBytes)
        this.failures.push(`${process.name} holds ${heldBytes} bytes, at most ${mostBytes} are expected`)
    }
  }

  /** A service that has records to read, and says that it has none, hides that it stands still. */
  async #look(): Promise<void> {
    const waiting = new Map<string, Seen>()
    if (!this.#options.isCalm()) {
      this.#waiting = waiting
      return
    }
    for (const { running } of this.#pods()) {
      if (!running || running.process.isPaused) continue
      const { process, metrics } = running
      const told = new Map<string, number>()
      for (const { labels, value } of (await metrics.lagRecords.get()).values)
        told.set(`${labels.group} ${labels.topic}/${labels.partition}`, value)
      for (const [group, topics] of Object.entries(running.groups))
        for (const topic of topics)
          for (const { index: partition, end } of this.#cluster.partitionsOf(topic)) {
            const committed = this.#cluster.group(group).furthestOf({ topic, partition })
            if (end <= committed) continue
            if (this.#cluster.group(group).ownerOf({ topic, partition })?.process !== process) continue
            const key = `${group} ${topic}/${partition}`
            const before = this.#waiting.get(key)
            waiting.set(key, { process: process.name, committed })
            const hasWaited = before?.process === process.name && before.committed === committed
            if (hasWaited && !told.get(key))
              this.failures.push(
                `${key}: ${end - committed} records wait, and the service tells of none (${process.name} at ${new Date(this.#loop.nowMs).toISOString()})`,
              )
          }
    }
    this.#waiting = waiting
    if (this.failures.length > 3) this.failures.length = 3
  }
}
