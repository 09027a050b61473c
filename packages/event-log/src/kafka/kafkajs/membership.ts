import type { Consumer, EachBatchPayload, PartitionAssigner } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { ConsumerOptions, LogRecord } from '../../event-log.ts'
import type { FetchedBatch, Membership, MembershipHandler, OffsetToCommit, TopicPartition } from '../client-library.ts'
import { ClientError } from '../kafka-errors.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { calling, clientError } from './client-errors.ts'
import { createKafkaClient } from './connection-config.ts'
import { toLogRecord } from './log-record.ts'

const FETCH_WAIT_MS = 250
const HEARTBEAT_MS = 500
const DEFAULT_SESSION_MS = 30_000
const DEFAULT_BATCH_BYTES = 1 << 20
const LEAVE_TIMEOUT_MS = 5_000
/** Every assigned partition may have a batch that waits, without keeping those of others waiting. */
const CONCURRENT_BATCHES = 512

/** A kafkajs consumer from its connection to its crash or its end. */
export class KafkaJsMembership implements Membership {
  readonly #consumer: Consumer
  readonly #topics: readonly string[]
  readonly #settings: KafkaSettings
  readonly #handler: MembershipHandler
  readonly #stopping = new AbortController()
  readonly #ended = Promise.withResolvers<unknown>()
  #memberId = ''
  #joins = 0
  /** Of the latest batch; they act for the membership as it is when they are called. */
  #payload: EachBatchPayload | undefined

  constructor(options: ConsumerOptions, settings: KafkaSettings, handler: MembershipHandler) {
    const {
      group,
      topics,
      clientId,
      maxBatchBytes = DEFAULT_BATCH_BYTES,
      sessionTimeoutMs = DEFAULT_SESSION_MS,
    } = options
    this.#topics = topics
    this.#settings = settings
    this.#handler = handler
    this.#consumer = createKafkaClient(settings, clientId).consumer({
      groupId: group,
      allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: Math.max(sessionTimeoutMs, 60_000),
      heartbeatInterval: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 4)),
      // A rebalance waits for the fetch, so the fetch may not wait long.
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: maxBatchBytes,
      maxBytes: Math.max(10 << 20, maxBatchBytes),
      partitionAssigners: [this.#countingAssigner()],
      // A crash ends this session; whoever owns it decides about the next one, with a client that knows nothing of this.
      retry: { retries: 5, restartOnFailure: async () => false },
    })
    this.#listen()
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise
  }

  #listen(): void {
    const { GROUP_JOIN, CRASH } = this.#consumer.events
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      const isContinuation = payload.memberId === this.#memberId && this.#joins === 1
      this.#memberId = payload.memberId
      this.#joins = 0
      const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, ids]) =>
        ids.map(partition => ({ topic, partition })),
      )
      this.pause(partitions)
      this.#handler.onJoined(partitions, isContinuation)
    })
    this.#consumer.on(CRASH, ({ payload }) => this.#ended.resolve(clientError(payload.error)))
  }

  /** Round robin that counts how often this member asked to join: more than once means that a generation may have passed without it. */
  #countingAssigner(): PartitionAssigner {
    return config => {
      const roundRobin = kafkajs.PartitionAssigners.roundRobin(config)
      return {
        ...roundRobin,
        protocol: subscription => {
          this.#joins++
          return roundRobin.protocol(subscription)
        },
      }
    }
  }

  async start(): Promise<void> {
    try {
      await this.#consumer.connect()
      // Where a position was lost to retention, reading goes on with what is left.
      await this.#consumer.subscribe({ topics: [...this.#topics], fromBeginning: true })
      await this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: CONCURRENT_BATCHES,
        eachBatch: payload => {
          this.#payload = payload
          return this.#handler.onBatch(fetchedBatch(payload))
        },
      })
      void this.#keepAlive()
    } catch (error) {
      this.#ended.resolve(clientError(error))
    }
  }

  /** kafkajs sends heartbeats between batches only; a batch that waits for a slow caller would end the membership. */
  async #keepAlive(): Promise<void> {
    const { clock } = this.#settings
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(HEARTBEAT_MS / 2, this.#stopping.signal).catch(() => {})
      await this.#payload?.heartbeat().catch((error: unknown) => this.#handler.onDisturbed(error))
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#consumer.pause(partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] })))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#consumer.resume(partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] })))
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) })
  }

  /**
   * Commits once, under the generation that holds now. The consumer's own `commitOffsets` would try again by itself,
   * perhaps under a later generation in which the partition is another's.
   */
  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    const byTopic = Map.groupBy(offsets, ({ topic }) => topic)
    const topics = [...byTopic].map(([topic, positions]) => ({
      topic,
      partitions: positions.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
    }))
    await calling(async () =>
      this.#payload ? this.#payload.commitOffsetsIfNecessary({ topics }) : this.#commitBeforeFirstBatch(offsets),
    )
  }

  /** The consumer resolves also when it did nothing because it was stopping; only its event says that it was done. */
  async #commitBeforeFirstBatch(offsets: readonly OffsetToCommit[]): Promise<void> {
    let isDone = false
    const unlisten = this.#consumer.on(this.#consumer.events.COMMIT_OFFSETS, () => {
      isDone = true
    })
    try {
      await this.#consumer.commitOffsets(offsets.map(position => ({ ...position, offset: String(position.offset) })))
    } finally {
      unlisten()
    }
    if (!isDone) throw new ClientError('The consumer is stopping.', { type: 'UNKNOWN_MEMBER_ID' })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const timeout = new AbortController()
    const late = this.#settings.clock.sleep(LEAVE_TIMEOUT_MS, timeout.signal).catch(() => {})
    await Promise.race([this.#consumer.disconnect().catch(() => {}), late])
    timeout.abort()
    this.#ended.resolve(undefined)
  }
}

/** kafkajs does not declare from which offset a batch was fetched. */
type Batch = EachBatchPayload['batch'] & { readonly fetchedOffset: string }

function fetchedBatch(payload: EachBatchPayload): FetchedBatch {
  const { topic, partition, messages, fetchedOffset, highWatermark } = payload.batch as Batch
  return {
    topic,
    partition,
    fetchedFrom: Number(fetchedOffset),
    end: Number(highWatermark),
    recordsFrom: offset => {
      const records: LogRecord[] = []
      for (const message of messages)
        if (Number(message.offset) >= offset) records.push(toLogRecord(message, topic, partition))
      return records
    },
    isStale: () => payload.isStale(),
    moveOn: () => payload.resolveOffset(messages[messages.length - 1]!.offset),
  }
}
