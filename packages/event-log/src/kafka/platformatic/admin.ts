import {
  type API,
  ConfigResourceTypes,
  createPartitionsV3,
  createTopicsV7,
  describeConfigsV4,
  FetchIsolationLevels,
  FindCoordinatorKeyTypes,
  findCoordinatorV4,
  IncrementalAlterConfigOperationTypes,
  incrementalAlterConfigsV1,
  ListOffsetTimestamps,
  listOffsetsV7,
  offsetFetchV8,
} from '@platformatic/kafka'
import type { Committed, ConnectedAdmin, FoundTopic, FoundTopics, NewTopic, PartitionRange } from '../client-library.ts'
import { ClientError } from '../kafka-errors.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { Cluster, isStale } from './cluster.ts'

const { TOPIC } = ConfigResourceTypes
const { SET } = IncrementalAlterConfigOperationTypes
const { EARLIEST, LATEST } = ListOffsetTimestamps
const { READ_UNCOMMITTED } = FetchIsolationLevels
/** In the place of a broker's id: this is not a broker. */
const CLIENT = -1
const NO_EPOCH = -1
/** Where Kafka says that a value was set for the topic itself. */
const SET_ON_TOPIC = 1

/** The administration of a cluster by the library's requests. */
export class RequestAdmin implements ConnectedAdmin {
  readonly #cluster: Cluster
  readonly #timeoutMs: number

  private constructor(cluster: Cluster, timeoutMs: number) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  static async connect(settings: KafkaSettings, clientId: string): Promise<RequestAdmin> {
    const cluster = new Cluster(settings, clientId)
    try {
      await cluster.metadata([])
      return new RequestAdmin(cluster, settings.requestTimeoutMs)
    } catch (error) {
      cluster.close()
      throw error
    }
  }

  async brokerCount(): Promise<number> {
    return (await this.#cluster.metadata([])).brokers.length
  }

  async partitionCounts(): Promise<ReadonlyMap<string, number>> {
    const { topics } = await this.#cluster.metadata(null)
    return new Map(
      topics
        .filter(({ partitions }) => partitions.length > 0)
        .map(({ name, partitions }) => [name!, partitions.length]),
    )
  }

  async setting(topic: string, name: string): Promise<string | undefined> {
    const resource = { resourceType: TOPIC, resourceName: topic, configurationKeys: [name] }
    const { results } = await this.#cluster.ask('any', describeConfigsV4.api, [resource], false, false)
    return results[0]?.configs.find(config => config.name === name)?.value ?? undefined
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    const { topics } = await this.#cluster.metadata([topic])
    const partitions = topics[0]?.partitions ?? []
    const ranges = new Map<number, { earliest: number; end: number }>(
      partitions.map(({ partitionIndex }) => [partitionIndex, { earliest: 0, end: 0 }]),
    )
    const asked = partitions.map(async ({ partitionIndex }) => ({
      leader: await this.#cluster.leader(topic, partitionIndex),
      partitionIndex,
    }))
    const byLeader = Map.groupBy(await Promise.all(asked), ({ leader }) => leader)
    try {
      await Promise.all(
        [...byLeader].flatMap(([leader, led]) =>
          ([EARLIEST, LATEST] as const).map(async timestamp => {
            const wanted = led.map(({ partitionIndex }) => ({
              partitionIndex,
              currentLeaderEpoch: NO_EPOCH,
              timestamp,
            }))
            const answer = await this.#cluster.ask(leader, listOffsetsV7.api, CLIENT, READ_UNCOMMITTED, [
              { name: topic, partitions: wanted },
            ])
            for (const { partitionIndex, offset } of answer.topics[0]?.partitions ?? [])
              ranges.get(partitionIndex)![timestamp === EARLIEST ? 'earliest' : 'end'] = Number(offset)
          }),
        ),
      )
    } catch (error) {
      if (isStale(error)) this.#cluster.forget(topic)
      throw error
    }
    return [...ranges].map(([partition, range]) => ({ partition, ...range }))
  }

  async committed(
    group: string,
    topics: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>> {
    const { coordinators } = await this.#cluster.ask('any', findCoordinatorV4.api, FindCoordinatorKeyTypes.GROUP, [
      group,
    ])
    const asked = { groupId: group, memberEpoch: NO_EPOCH, topics: null }
    const { groups } = await this.#cluster.ask(coordinators[0]!.nodeId, offsetFetchV8.api, [asked], false)
    const found = (groups[0]?.topics ?? []).filter(({ name }) => topics.includes(name))
    return new Map(
      found.map(({ name, partitions }) => [
        name,
        new Map(
          partitions
            .filter(({ committedOffset }) => committedOffset >= 0n)
            .map(({ partitionIndex, committedOffset, metadata }) => [
              partitionIndex,
              { offset: Number(committedOffset), metadata: metadata ?? '' },
            ]),
        ),
      ]),
    )
  }

  describe(names: readonly string[]): Promise<FoundTopics> {
    return this.#describeAt('any', names)
  }

  async describeEverywhere(names: readonly string[]): Promise<readonly FoundTopics[]> {
    const { brokers } = await this.#cluster.metadata([])
    return Promise.all(brokers.map(({ nodeId }) => this.#describeAt(nodeId, names)))
  }

  async #describeAt(broker: number | 'any', names: readonly string[]): Promise<FoundTopics> {
    const { topics } = await this.#cluster.metadata(names, broker)
    const present = topics.filter(({ errorCode, partitions }) => errorCode === 0 || partitions.length > 0)
    if (present.length === 0) return new Map()
    const resources = present.map(({ name }) => ({ resourceType: TOPIC, resourceName: name! }))
    const { results } = await this.#cluster.ask(broker, describeConfigsV4.api, resources, false, false)
    return new Map(
      present.map(({ name, partitions }) => {
        const configs = results.find(({ resourceName }) => resourceName === name)?.configs ?? []
        return [
          name!,
          {
            partitions: partitions.length,
            leaders: partitions.filter(({ leaderId }) => leaderId >= 0).length,
            replicas: partitions[0]?.replicaNodes.length ?? 1,
            config: new Map(
              configs.map(({ name, value, configSource }) => [
                name,
                { value: value ?? '', isOwn: (configSource as number) === SET_ON_TOPIC },
              ]),
            ),
          },
        ]
      }),
    )
  }

  /** The controller, or whoever passes requests on to it. */
  async #askController<Request extends unknown[], Answer>(
    api: API<Request, Answer>,
    ...request: Request
  ): Promise<Answer> {
    const { controllerId } = await this.#cluster.metadata([])
    return this.#cluster.ask(controllerId < 0 ? 'any' : controllerId, api, ...request)
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    const wanted = topics.map(({ name, partitions, replicas, config }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: [...config].map(([name, value]) => ({ name, value })),
    }))
    await this.#askController(createTopicsV7.api, wanted, this.#timeoutMs, false).catch(unlessAllAreThere)
  }

  async setPartitions(topic: string, count: number): Promise<void> {
    await this.#askController(createPartitionsV3.api, [{ name: topic, count }], this.#timeoutMs, false)
  }

  async setConfig(topic: string, wanted: ReadonlyMap<string, string>, _found: FoundTopic): Promise<void> {
    const configs = [...wanted].map(([name, value]) => ({ name, configOperation: SET, value }))
    const resource = { resourceType: TOPIC, resourceName: topic, configs }
    await this.#askController(incrementalAlterConfigsV1.api, [resource], false)
  }

  async disconnect(): Promise<void> {
    this.#cluster.close()
  }
}

/** The answer is an error also when it says of some topics only that they exist. */
function unlessAllAreThere(error: unknown): void {
  const { errors } = (error instanceof ClientError ? (error.cause ?? {}) : {}) as {
    readonly errors?: readonly { readonly apiId?: string }[]
  }
  if (!errors?.every(({ apiId }) => apiId === 'TOPIC_ALREADY_EXISTS')) throw error
}
