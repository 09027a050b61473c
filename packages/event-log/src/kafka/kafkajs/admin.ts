import kafkajs, { type Admin } from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Committed, ConnectedAdmin, FoundTopic, FoundTopics, NewTopic, PartitionRange } from '../client-library.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { calling } from './client-errors.ts'
import { openCluster } from './cluster.ts'
import { createKafkaClient } from './connection-config.ts'
import { describeEverywhere, foundTopic } from './topic-facts.ts'

const TOPIC = kafkajs.ConfigResourceTypes.TOPIC

/** The administration of a cluster by kafkajs. */
export class KafkaJsAdmin implements ConnectedAdmin {
  readonly #admin: Admin
  readonly #settings: KafkaSettings
  readonly #clientId: string
  /** A promise, so that those who ask at the same time share it. */
  #cluster: Promise<Cluster> | undefined

  private constructor(admin: Admin, settings: KafkaSettings, clientId: string) {
    this.#admin = admin
    this.#settings = settings
    this.#clientId = clientId
  }

  static connect(settings: KafkaSettings, clientId: string): Promise<KafkaJsAdmin> {
    return calling(async () => {
      const admin = createKafkaClient(settings, clientId).admin()
      await admin.connect()
      return new KafkaJsAdmin(admin, settings, clientId)
    })
  }

  brokerCount(): Promise<number> {
    return calling(async () => (await this.#admin.describeCluster()).brokers.length)
  }

  partitionCounts(): Promise<ReadonlyMap<string, number>> {
    return calling(async () => {
      const { topics } = await this.#admin.fetchTopicMetadata()
      return new Map(topics.map(topic => [topic.name, topic.partitions.length]))
    })
  }

  setting(topic: string, name: string): Promise<string | undefined> {
    return calling(async () => {
      const { resources } = await this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC, name: topic, configNames: [name] }],
      })
      return resources[0]?.configEntries[0]?.configValue
    })
  }

  ranges(topic: string): Promise<readonly PartitionRange[]> {
    return calling(async () => {
      const offsets = await this.#admin.fetchTopicOffsets(topic)
      return offsets.map(({ partition, low, high }) => ({ partition, earliest: Number(low), end: Number(high) }))
    })
  }

  committed(group: string, topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>> {
    return calling(async () => {
      const fetched = await this.#admin.fetchOffsets({ groupId: group, topics: [...topics] })
      return new Map(
        fetched.map(({ topic, partitions }) => [
          topic,
          new Map(
            partitions
              // kafkajs leaves a negative offset behind where it had to reset a position.
              .filter(({ offset }) => Number(offset) >= 0)
              .map(({ partition, offset, metadata }) => [
                partition,
                { offset: Number(offset), metadata: metadata ?? '' },
              ]),
          ),
        ]),
      )
    })
  }

  describe(names: readonly string[]): Promise<FoundTopics> {
    return calling(async () => {
      const { topics } = await this.#admin.fetchTopicMetadata()
      const present = topics.filter(topic => names.includes(topic.name))
      if (present.length === 0) return new Map()
      const { resources } = await this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: present.map(({ name }) => ({ type: TOPIC, name })),
      })
      return new Map(present.map(({ name, partitions }) => [name, foundTopic(name, partitions, resources)]))
    })
  }

  async describeEverywhere(names: readonly string[]): Promise<readonly FoundTopics[]> {
    try {
      return await calling(async () => {
        this.#cluster ??= openCluster(this.#settings, `${this.#clientId}-topics`)
        return describeEverywhere(await this.#cluster, names)
      })
    } catch (error) {
      await this.#closeCluster()
      throw error
    }
  }

  createTopics(topics: readonly NewTopic[]): Promise<void> {
    return calling(async () => {
      // False when they are there already.
      await this.#admin.createTopics({
        waitForLeaders: false,
        topics: topics.map(({ name, partitions, replicas, config }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replicas,
          configEntries: toEntries(config),
        })),
      })
    })
  }

  setPartitions(topic: string, count: number): Promise<void> {
    return calling(async () => {
      await this.#admin.createPartitions({ topicPartitions: [{ topic, count }] })
    })
  }

  setConfig(topic: string, wanted: ReadonlyMap<string, string>, found: FoundTopic): Promise<void> {
    // The request replaces all that is set on the topic, so what others set goes with it.
    const kept = [...found.config].filter(([name, { isOwn }]) => isOwn && !wanted.has(name))
    const configEntries = [...kept.map(([name, { value }]) => ({ name, value })), ...toEntries(wanted)]
    return calling(async () => {
      await this.#admin.alterConfigs({ validateOnly: false, resources: [{ type: TOPIC, name: topic, configEntries }] })
    })
  }

  async #closeCluster(): Promise<void> {
    const opening = this.#cluster
    this.#cluster = undefined
    await opening?.then(cluster => cluster.disconnect()).catch(() => {})
  }

  async disconnect(): Promise<void> {
    await Promise.all([this.#admin.disconnect().catch(() => {}), this.#closeCluster()])
  }
}

const toEntries = (config: ReadonlyMap<string, string>): { name: string; value: string }[] =>
  [...config].map(([name, value]) => ({ name, value }))
