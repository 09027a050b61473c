import { type CodedError, maxBackoffMs } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { CommitPosition, ConsumerEvent, ConsumerOptions, LogConsumer } from '../event-log.ts'
import type { ClientLibrary, FetchedBatch, Membership, TopicPartition } from './client-library.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { errorType, isBrokenClient, isPassing, kafkaError, reasonOf } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { PartitionDelivery } from './partition-delivery.ts'

const BACKOFF = { firstDelayMs: 250, maxDelayMs: 5_000 }
const COMMIT_BACKOFF = { firstDelayMs: 100, maxDelayMs: 1_000 }
const COMMIT_TIMEOUT_MS = 30_000
/** The group moved on: whether the commit still counts is seen after the rejoin. */
const MOVED_ON = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** A LogConsumer in a Kafka group. It makes a new membership whenever one ends for a reason that passes. */
export class KafkaConsumer implements LogConsumer {
  readonly #options: ConsumerOptions
  readonly #settings: KafkaSettings
  readonly #admin: KafkaAdmin
  readonly #library: () => Promise<ClientLibrary>
  readonly #onClosed: () => void
  readonly #events: Exclude<ConsumerEvent, { type: 'records' }>[] = []
  /** In the order in which they are served; the one that was served goes to the end. */
  readonly #deliveries = new Map<string, PartitionDelivery>()
  readonly #closing = new AbortController()
  #session: Membership | undefined
  #lastEpoch = 0
  #fatal: CodedError | undefined
  #wake = (): void => {}
  #running: Promise<void> | undefined

  constructor(
    options: ConsumerOptions,
    parts: {
      readonly settings: KafkaSettings
      readonly admin: KafkaAdmin
      readonly library: () => Promise<ClientLibrary>
      readonly onClosed: () => void
    },
  ) {
    this.#options = options
    this.#settings = parts.settings
    this.#admin = parts.admin
    this.#library = parts.library
    this.#onClosed = parts.onClosed
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#settings
    const { group, topics } = this.#options
    let attempts = 0
    const library = await this.#library()
    while (!this.#closing.signal.aborted) {
      const session = library.createMembership(this.#options, {
        onJoined: (partitions, isContinuation) => {
          attempts = 0
          this.#onJoined(partitions, isContinuation)
        },
        onBatch: batch => this.#onBatch(batch),
        onDisturbed: error => {
          for (const delivery of this.#deliveries.values()) delivery.drop(error)
        },
      })
      this.#session = session
      void session.start()
      const error = await session.ended
      this.#session = undefined
      this.#forget([...this.#deliveries.values()])
      if (this.#closing.signal.aborted) return
      void session.stop()
      if (!isPassing(error) && !isBrokenClient(error)) {
        this.#fatal = logError('consumer_failed', { group, reason: reasonOf(error) }, error)
        return this.#wake()
      }
      const backoffMs = maxBackoffMs(BACKOFF, ++attempts)
      logger.warn({ group, topics, reason: reasonOf(error), backoffMs }, 'log_consumer_rejoins')
      await clock.sleep(backoffMs, this.#closing.signal).catch(() => {})
    }
  }

  #onJoined(partitions: readonly TopicPartition[], isContinuation: boolean): void {
    const assigned = new Set(partitions.map(keyOf))
    const isKept = (delivery: PartitionDelivery): boolean => isContinuation && assigned.has(keyOf(delivery))
    this.#forget([...this.#deliveries.values()].filter(delivery => !isKept(delivery)))
    for (const delivery of this.#deliveries.values()) {
      // The membership begins again at the committed positions.
      if (delivery.position === null) continue
      delivery.reposition(delivery.position)
      this.#session?.seek(delivery, delivery.position)
      if (!delivery.isPaused) this.#session?.resume([delivery])
    }
    const fresh: PartitionDelivery[] = []
    for (const { topic, partition } of partitions) {
      const key = keyOf({ topic, partition })
      if (this.#deliveries.has(key)) continue
      const delivery = new PartitionDelivery(topic, partition, ++this.#lastEpoch)
      this.#deliveries.set(key, delivery)
      fresh.push(delivery)
    }
    if (fresh.length > 0) void this.#announce(fresh)
    this.#wake()
  }

  /** Ends assignments, and tells the caller of those that it knew. */
  #forget(deliveries: readonly PartitionDelivery[]): void {
    for (const delivery of deliveries) {
      this.#deliveries.delete(keyOf(delivery))
      delivery.drop()
    }
    const assignments = deliveries.filter(delivery => delivery.isAnnounced)
    if (assignments.length === 0) return
    this.#events.push({
      type: 'revoked',
      assignments: assignments.map(({ topic, partition, epoch }) => ({ topic, partition, epoch })),
    })
    this.#wake()
  }

  #isCurrent = (delivery: PartitionDelivery): boolean => this.#deliveries.get(keyOf(delivery)) === delivery

  /** Looks up where the new partitions stand, and tells the caller. Whoever had them before cannot commit any more. */
  async #announce(fresh: readonly PartitionDelivery[]): Promise<void> {
    const { clock, logger } = this.#settings
    const { group } = this.#options
    const topics = [...new Set(fresh.map(({ topic }) => topic))]
    for (let attempts = 1; fresh.some(this.#isCurrent); attempts++) {
      try {
        const committed = await this.#admin.committed(group, topics)
        const ranges = new Map(
          await Promise.all(topics.map(async topic => [topic, await this.#admin.ranges(topic)] as const)),
        )
        const assignments = fresh.filter(this.#isCurrent).map(delivery => {
          const { topic, partition, epoch } = delivery
          const range = ranges.get(topic)!.find(candidate => candidate.partition === partition)
          if (!range) throw logError('unknown_topic', { topic: `${topic}/${partition}` })
          const { earliest, end } = range
          return { topic, partition, epoch, committed: committed.get(topic)?.get(partition) ?? null, earliest, end }
        })
        if (assignments.length === 0) return
        for (const delivery of fresh) delivery.isAnnounced = true
        this.#events.push({ type: 'assigned', assignments })
        return this.#wake()
      } catch (error) {
        logger.debug({ group, topics, err: error }, 'assignment_lookup_retried')
        await clock.sleep(maxBackoffMs(BACKOFF, attempts), this.#closing.signal).catch(() => {})
      }
    }
  }

  async #onBatch(batch: FetchedBatch): Promise<void> {
    const delivery = this.#deliveries.get(keyOf(batch))
    if ((await delivery?.offer(batch, () => this.#wake())) === 'seek' && delivery?.position != null)
      this.#session?.seek(delivery, delivery.position)
  }

  async poll(maxWaitMs: number): Promise<ConsumerEvent | null> {
    const timeout = new AbortController()
    let waited: Promise<void> | undefined
    let isPatient = maxWaitMs > 0
    try {
      for (;;) {
        if (this.#closing.signal.aborted) throw logError('log_closed')
        const event = this.#events.shift() ?? this.#takeBatch()
        if (event) return event
        if (this.#fatal) throw this.#fatal
        if (!isPatient) return null
        waited ??= this.#settings.clock.sleep(maxWaitMs, timeout.signal).then(
          () => {
            isPatient = false
          },
          () => {},
        )
        const changed = new Promise<void>(resolve => {
          this.#wake = resolve
        })
        await Promise.race([changed, waited])
      }
    } finally {
      timeout.abort()
    }
  }

  #takeBatch(): ConsumerEvent | undefined {
    for (const [key, delivery] of this.#deliveries) {
      if (!delivery.hasBatch) continue
      this.#deliveries.delete(key)
      this.#deliveries.set(key, delivery)
      return delivery.take()
    }
    return undefined
  }

  start({ topic, partition, epoch }: TopicPartition & { readonly epoch: number }, offset: number): void {
    const delivery = this.#deliveries.get(keyOf({ topic, partition }))
    if (delivery?.epoch !== epoch) return
    delivery.reposition(offset)
    this.#session?.seek(delivery, offset)
    if (!delivery.isPaused) this.#session?.resume([delivery])
  }

  pause(partitions: readonly TopicPartition[]): void {
    const own = partitions.map(of => this.#deliveries.get(keyOf(of))).filter(delivery => delivery !== undefined)
    for (const delivery of own) {
      delivery.isPaused = true
      delivery.drop()
    }
    if (own.length > 0) this.#session?.pause(own)
  }

  resume(partitions: readonly TopicPartition[]): void {
    const own = partitions.map(of => this.#deliveries.get(keyOf(of))).filter(delivery => delivery !== undefined)
    for (const delivery of own) delivery.isPaused = false
    const started = own.filter(delivery => delivery.position !== null)
    if (started.length > 0) this.#session?.resume(started)
  }

  #owns({ topic, partition, epoch }: CommitPosition): boolean {
    return this.#deliveries.get(keyOf({ topic, partition }))?.epoch === epoch
  }

  async commit(positions: readonly CommitPosition[]): Promise<void> {
    const { clock, brokers } = this.#settings
    const { group } = this.#options
    const untilMs = clock.now() + COMMIT_TIMEOUT_MS
    for (let attempts = 1; ; attempts++) {
      if (this.#closing.signal.aborted) throw logError('log_closed')
      const own = positions.filter(position => this.#owns(position))
      try {
        // Without a session nothing is owned.
        if (own.length > 0) await this.#session!.commit(own)
        const lost = positions.find(position => !own.includes(position))
        if (lost) throw logError('fenced', { topic: lost.topic, partition: lost.partition })
        return
      } catch (error) {
        const mayPass = isPassing(error) || MOVED_ON.has(errorType(error) ?? '')
        const coded = kafkaError(error, `a commit of group ${group}`, brokers)
        if (!mayPass) throw coded
        if (clock.now() >= untilMs) throw logError('log_unavailable', { where: group, reason: reasonOf(error) }, error)
        await clock.sleep(maxBackoffMs(COMMIT_BACKOFF, attempts), this.#closing.signal).catch(() => {})
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    for (const delivery of this.#deliveries.values()) delivery.drop()
    this.#wake()
    await this.#session?.stop()
    await this.#running
    this.#onClosed()
  }
}
