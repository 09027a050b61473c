import type { LogRecord, OutgoingRecord } from '@millrace/event-log'
import {
  ClientError,
  type Committed,
  type FoundTopic,
  type NewTopic,
  type OffsetToCommit,
  type PartitionRange,
  recordBytes,
  type TopicPartition,
} from '@millrace/event-log/kafka-client'
import type { Loop } from '../loop.ts'
import type { ServiceProcess } from '../service-process.ts'
import { Group } from './consumer-group.ts'

const BROKERS = 3

/** A record as the log has it, with what a judge wants to know of it. */
export interface StoredRecord {
  readonly record: LogRecord
  readonly writer: ServiceProcess
  /** When its batch was sent for the first time. */
  readonly sentMs: number
  readonly storedMs: number
}

/** What a producer sends to a partition at once. */
export interface ProducerBatch {
  readonly producer: number
  /** Among its batches for the partition, from 1. */
  readonly sequence: number
  readonly records: readonly OutgoingRecord[]
  readonly writer: ServiceProcess
  readonly sentMs: number
}

/** The last batch of a producer in a partition. */
interface LastBatch {
  readonly sequence: number
  readonly firstOffset: number
}

export class Partition {
  readonly topic: string
  readonly index: number
  /** The broker that takes its records. */
  leader: number
  /** All records that were ever stored, by offset. */
  readonly stored: StoredRecord[] = []
  /** Offset of the first record that clients can read. */
  earliest = 0
  readonly #batches = new Map<number, LastBatch>()
  /** Told when records come. */
  readonly onRecords = new Set<() => void>()

  constructor(topic: string, index: number, leader: number) {
    this.topic = topic
    this.index = index
    this.leader = leader
  }

  get end(): number {
    return this.stored.length
  }

  /** Stores a batch of a producer once, however often it comes. @returns the offset of its first record */
  append({ producer, sequence, records, writer, sentMs }: ProducerBatch, storedMs: number): number {
    const last = this.#batches.get(producer)
    if (last?.sequence === sequence) return last.firstOffset
    if (sequence !== (last?.sequence ?? 0) + 1) {
      const type = sequence < (last?.sequence ?? 0) ? 'DUPLICATE_SEQUENCE_NUMBER' : 'OUT_OF_ORDER_SEQUENCE_NUMBER'
      throw new ClientError(`${type} from producer ${producer}`, { type })
    }
    const firstOffset = this.end
    for (const record of records)
      this.stored.push({
        record: { topic: this.topic, partition: this.index, offset: this.end, ...record },
        ...{ writer, sentMs, storedMs },
      })
    this.#batches.set(producer, { sequence, firstOffset })
    for (const tell of [...this.onRecords]) tell()
    return firstOffset
  }
}

const OWN_TEXT = /^[^#]*/
const WHOLE_NUMBER = /\b\d+\b/g

/** The lowest offset that a member which starts may read from: processors note beside a position where their state begins. */
function neededFrom(committed: Committed | undefined): number {
  if (!committed) return 0
  const numbers = OWN_TEXT.exec(committed.metadata)![0].match(WHOLE_NUMBER) ?? []
  return Math.min(committed.offset, ...numbers.map(Number))
}

interface StoredTopic {
  readonly partitions: Partition[]
  readonly config: Map<string, string>
}

/**
 * A cluster of three brokers, as far as clients can tell: partitions with idempotent producers, and consumer groups of the classic
 * protocol. What is acknowledged stays, unless `removeFinished` takes it away; nothing is compacted.
 */
export class LogCluster {
  readonly #loop: Loop
  readonly #topics = new Map<string, StoredTopic>()
  readonly #groups = new Map<string, Group>()
  readonly #away = new Set<number>()
  #counts: ReadonlyMap<string, number> | null = null
  #producers = 0
  #members = 0

  constructor(loop: Loop) {
    this.#loop = loop
  }

  get brokers(): number {
    return BROKERS
  }

  /** Takes brokers away, or gives them back. */
  setAway(brokers: readonly number[], areAway: boolean): void {
    for (const broker of brokers) {
      if (areAway) this.#away.add(broker)
      else this.#away.delete(broker)
    }
  }

  /** Another broker takes over what a broker led. */
  failOver(broker: number): void {
    const next = [...Array(BROKERS).keys()].find(other => other !== broker && !this.#away.has(other))
    if (next === undefined) return
    for (const partition of this.partitions()) if (partition.leader === broker) partition.leader = next
  }

  isUp(broker: number): boolean {
    return !this.#away.has(broker)
  }

  /** Whether every broker answers. */
  get isWhole(): boolean {
    return this.#away.size === 0
  }

  /** Whether any broker answers. */
  get isReachable(): boolean {
    return this.#away.size < BROKERS
  }

  newMember(): number {
    return ++this.#members
  }

  /** A process has not been heard for as long as its sessions last. */
  expire(process: ServiceProcess): void {
    for (const group of this.#groups.values())
      for (const member of group.members) if (member.process === process) group.expire(member.id)
  }

  newProducer(): number {
    return ++this.#producers
  }

  *partitions(): Iterable<Partition> {
    for (const topic of this.#topics.values()) yield* topic.partitions
  }

  /** Partitions of each topic. */
  partitionCounts(): ReadonlyMap<string, number> {
    this.#counts ??= new Map([...this.#topics].map(([name, { partitions }]) => [name, partitions.length]))
    return this.#counts
  }

  partitionsOf(topic: string): readonly Partition[] {
    return this.#topics.get(topic)?.partitions ?? []
  }

  /** @throws ClientError UNKNOWN_TOPIC_OR_PARTITION */
  partition({ topic, partition }: TopicPartition): Partition {
    const found = this.#topics.get(topic)?.partitions[partition]
    if (found) return found
    throw new ClientError(`no ${topic}/${partition}`, { type: 'UNKNOWN_TOPIC_OR_PARTITION', isPassing: true })
  }

  append(to: TopicPartition, batch: ProducerBatch): number {
    const partition = this.partition(to)
    const most = Number(this.#topics.get(to.topic)!.config.get('max.message.bytes') ?? Number.POSITIVE_INFINITY)
    const bytes = batch.records.reduce((sum, record) => sum + recordBytes(record), 0)
    if (bytes > most) throw new ClientError(`${bytes} bytes`, { type: 'MESSAGE_TOO_LARGE' })
    return partition.append(batch, this.#loop.nowMs)
  }

  /** Removes the records of a topic that no group which reads it needs any more, not even to restore its state. */
  removeFinished(topic: string): void {
    const readers = [...this.#groups.values()].filter(group => group.topics.has(topic))
    for (const partition of this.partitionsOf(topic)) {
      const needed = readers.map(group => neededFrom(group.committedOf(topic).get(partition.index)))
      partition.earliest = Math.max(partition.earliest, Math.min(...needed, partition.end))
    }
  }

  createTopics(topics: readonly NewTopic[]): void {
    for (const { name, partitions, config } of topics) {
      if (this.#topics.has(name)) continue
      const topic: StoredTopic = { partitions: [], config: new Map(config) }
      this.#topics.set(name, topic)
      this.setPartitions(name, partitions)
    }
  }

  setPartitions(name: string, count: number): void {
    this.#counts = null
    const { partitions } = this.#topics.get(name)!
    while (partitions.length < count)
      partitions.push(new Partition(name, partitions.length, partitions.length % BROKERS))
    for (const group of this.#groups.values()) if (group.topics.has(name)) group.rebalance()
  }

  setConfig(name: string, wanted: ReadonlyMap<string, string>): void {
    for (const [key, value] of wanted) this.#topics.get(name)!.config.set(key, value)
  }

  describe(names: readonly string[]): ReadonlyMap<string, FoundTopic> {
    const found = new Map<string, FoundTopic>()
    for (const name of names) {
      const topic = this.#topics.get(name)
      if (!topic) continue
      const { length } = topic.partitions
      const config = new Map([...topic.config].map(([key, value]) => [key, { value, isOwn: true }]))
      found.set(name, { partitions: length, leaders: length, replicas: BROKERS, config })
    }
    return found
  }

  ranges(topic: string): readonly PartitionRange[] {
    return this.partitionsOf(topic).map(({ index, earliest, end }) => ({ partition: index, earliest, end }))
  }

  group(name: string): Group {
    let group = this.#groups.get(name)
    if (!group) {
      group = new Group(name, this.#loop, topic => this.partitionsOf(topic).length)
      this.#groups.set(name, group)
    }
    return group
  }

  get groups(): Iterable<Group> {
    return this.#groups.values()
  }

  committed(group: string, topics: readonly string[]): ReadonlyMap<string, ReadonlyMap<number, Committed>> {
    return new Map(topics.map(topic => [topic, new Map(this.group(group).committedOf(topic))]))
  }

  commit(group: string, member: string, generation: number, offsets: readonly OffsetToCommit[]): void {
    this.group(group).commit(member, generation, offsets)
  }

  /** Records between the committed offset of a group and the end of a topic. */
  lag(group: string, topic: string): number {
    const committed = this.group(group).committedOf(topic)
    return this.partitionsOf(topic).reduce((sum, { index, end }) => sum + end - (committed.get(index)?.offset ?? 0), 0)
  }
}
