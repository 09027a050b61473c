import type { ConsumerOptions, LogRecord, OutgoingRecord } from '../event-log.ts'

/*
 * What the adapter needs of a client library of Kafka. Everything that both libraries are used for in the same way (send queues,
 * deadlines, budgets, deliveries, epochs, rules of topics) is above this line; a library is a folder below it.
 * All of it rejects with ClientError (kafka-errors.ts).
 */

export interface ClientLibrary {
  connectProducer(clientId: string): Promise<ConnectedProducer>
  connectAdmin(clientId: string): Promise<ConnectedAdmin>
  createMembership(options: ConsumerOptions, handler: MembershipHandler): Membership
  createFetcher(clientId: string): Fetcher
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/**
 * An idempotent producer: a batch that is sent again with the same producer is not stored twice.
 * Who uses it keeps three rules: one outstanding batch per partition; nothing else is sent to the partition until that batch
 * is stored; and a batch that is given up takes the producer with it.
 */
export interface ConnectedProducer {
  /** Sends the records of one partition once, with acks=all, and returns the offset of the first. */
  send(to: TopicPartition, records: readonly OutgoingRecord[]): Promise<number>
  disconnect(): Promise<void>
}

export interface Committed {
  readonly offset: number
  readonly metadata: string
}

export interface PartitionRange {
  readonly partition: number
  readonly earliest: number
  readonly end: number
}

export interface FoundSetting {
  readonly value: string
  /** Set for the topic itself, not a default. */
  readonly isOwn: boolean
}

/** What one broker knows of a topic. */
export interface FoundTopic {
  readonly partitions: number
  /** How many of them have a leader. */
  readonly leaders: number
  readonly replicas: number
  readonly config: ReadonlyMap<string, FoundSetting>
}

export type FoundTopics = ReadonlyMap<string, FoundTopic>

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  readonly config: ReadonlyMap<string, string>
}

export interface ConnectedAdmin {
  brokerCount(): Promise<number>
  /** Of all topics. */
  partitionCounts(): Promise<ReadonlyMap<string, number>>
  /** One setting of a topic. */
  setting(topic: string, name: string): Promise<string | undefined>
  ranges(topic: string): Promise<readonly PartitionRange[]>
  committed(group: string, topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>>
  /** What the broker that happens to be asked knows of these topics; those that it does not know are missing. */
  describe(names: readonly string[]): Promise<FoundTopics>
  /** What every live broker of the cluster knows of these topics: they hear of a change one after the other. */
  describeEverywhere(names: readonly string[]): Promise<readonly FoundTopics[]>
  /** Creates topics; one that is there already stays as it is. */
  createTopics(topics: readonly NewTopic[]): Promise<void>
  setPartitions(topic: string, count: number): Promise<void>
  /** Sets these values and leaves what else is set on the topic. */
  setConfig(topic: string, wanted: ReadonlyMap<string, string>, found: FoundTopic): Promise<void>
  disconnect(): Promise<void>
}

/** Records of one fetch, in which a range is looked for. */
export interface FetchedRange {
  /** Where the next fetch goes on; the offset that was asked for when nothing has come. */
  readonly next: number
  between(from: number, to: number): LogRecord[]
}

/** Reads a partition without a group; connects by itself. */
export interface Fetcher {
  /** What is stored from `offset` on, as far as it is committed; `gone` when the log has nothing there. */
  fetch(from: TopicPartition, offset: number): Promise<FetchedRange | 'gone'>
  /** The next fetch begins with new connections. */
  disconnect(): Promise<void>
}

export interface FetchedBatch extends TopicPartition {
  readonly fetchedFrom: number
  /** End of the partition as known when it was fetched. */
  readonly end: number
  recordsFrom(offset: number): readonly LogRecord[]
  /** Whether the membership reads from elsewhere by now. */
  isStale(): boolean
  /** What follows this batch comes next. */
  moveOn(): void
}

export interface OffsetToCommit extends TopicPartition, Committed {}

export interface MembershipHandler {
  /**
   * The group gave this member these partitions, and no others. Called before anything of them is fetched.
   * @param isContinuation whether this is the very next generation of the same membership: what the member had before
   * and has now was never another's
   */
  readonly onJoined: (partitions: readonly TopicPartition[], isContinuation: boolean) => void
  /** A fetched batch; resolves when it may go on. Until then nothing else of this partition is offered. */
  readonly onBatch: (batch: FetchedBatch) => Promise<void>
  /** Waiting batches must be let go with this error, so that the member can rejoin. */
  readonly onDisturbed: (error: unknown) => void
}

/** One membership of a group, from its connection to its end. Nothing is fetched before `seek` and `resume`. */
export interface Membership {
  /** Resolves with the error that ended the membership, or with undefined after `stop`. */
  readonly ended: Promise<unknown>
  /** Joins the group; errors end the membership. */
  start(): Promise<void>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  seek(partition: TopicPartition, offset: number): void
  /** Commits once, under the generation that holds when it is called. */
  commit(offsets: readonly OffsetToCommit[]): Promise<void>
  /** Leaves the group and disconnects; does not wait long for brokers that are away. */
  stop(): Promise<void>
}
