import {
  type API,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  FindCoordinatorKeyTypes,
  findCoordinatorV4,
  heartbeatV4,
  joinGroupV7,
  leaveGroupV5,
  offsetCommitV8,
  syncGroupV5,
} from '@platformatic/kafka'
import type { OffsetToCommit, TopicPartition } from '../client-library.ts'
import { ClientError, errorType, isPassing } from '../kafka-errors.ts'
import type { Cluster } from './cluster.ts'
import { roundRobin } from './round-robin.ts'

/** Name and encoding are those of kafkajs, so that members of both libraries can be in one group. */
const PROTOCOL = 'RoundRobinAssigner'
const TYPE = 'consumer'
const VERSION = 0
const NO_INSTANCE = null
const NO_EPOCH = -1
const NOTHING = Buffer.alloc(0)
const MOVED = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

/** A member as the coordinator knows it. */
export interface Membership {
  readonly memberId: string
  readonly generation: number
}

export interface Joined extends Membership {
  readonly partitions: readonly TopicPartition[]
}

export interface GroupClientOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly sessionTimeoutMs: number
  readonly cluster: Cluster
  /** For requests that wait for the other members. */
  readonly patientCluster: Cluster
}

/** The requests of a member of a classic group, each sent once to the group's coordinator. */
export class GroupClient {
  readonly #options: GroupClientOptions
  #coordinator: number | undefined

  constructor(options: GroupClientOptions) {
    this.#options = options
  }

  /**
   * Joins, or joins again, and waits until every member has.
   * @param memberId as the coordinator gave it; empty the first time, which fails with MEMBER_ID_REQUIRED and the id
   */
  async join(memberId: string): Promise<Joined> {
    const { group, topics, sessionTimeoutMs, patientCluster } = this.#options
    const metadata = encodeConsumerProtocolSubscription({ version: VERSION, topics: [...topics], userData: NOTHING })
    const joined = await this.#ask(
      patientCluster,
      joinGroupV7.api,
      group,
      sessionTimeoutMs,
      // How long the others wait for this member in a rebalance: it joins with the next heartbeat, whatever the caller does.
      sessionTimeoutMs,
      memberId,
      NO_INSTANCE,
      TYPE,
      [{ name: PROTOCOL, metadata }],
    )
    const { generationId: generation } = joined
    const isLeader = joined.leader === joined.memberId
    const assignments = isLeader ? await this.#assign(joined.members) : []
    const { assignment } = await this.#ask(
      patientCluster,
      syncGroupV5.api,
      group,
      generation,
      joined.memberId,
      NO_INSTANCE,
      TYPE,
      PROTOCOL,
      assignments,
    )
    const partitions = decodeConsumerProtocolAssignment(assignment).assignedPartitions.flatMap(given =>
      given.partitions.map(partition => ({ topic: given.topic, partition })),
    )
    return { memberId: joined.memberId, generation, partitions }
  }

  /** What each member gets; the one that joined first decides it for all. */
  async #assign(
    members: readonly joinGroupV7.JoinGroupResponseMember[],
  ): Promise<syncGroupV5.SyncGroupRequestAssignment[]> {
    const subscribers = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeConsumerProtocolSubscription(metadata).topics,
    }))
    const topics = [...new Set(subscribers.flatMap(subscriber => subscriber.topics))]
    const found = await this.#options.cluster.metadata(topics)
    const counts = new Map(found.topics.map(({ name, partitions }) => [name ?? '', partitions.length]))
    const dealt = roundRobin(subscribers, counts)
    return [...dealt].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment({
        version: VERSION,
        assignedPartitions: [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
          topic,
          partitions: ofTopic.map(({ partition }) => partition),
        })),
        userData: NOTHING,
      }),
    }))
  }

  async heartbeat({ memberId, generation }: Membership): Promise<void> {
    const { group, cluster } = this.#options
    await this.#ask(cluster, heartbeatV4.api, group, generation, memberId, NO_INSTANCE)
  }

  async commit({ memberId, generation }: Membership, offsets: readonly OffsetToCommit[]): Promise<void> {
    const { group, cluster } = this.#options
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, positions]) => ({
      name,
      partitions: positions.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: NO_EPOCH,
        committedMetadata: metadata,
      })),
    }))
    await this.#ask(cluster, offsetCommitV8.api, group, generation, memberId, NO_INSTANCE, topics)
  }

  async leave(memberId: string): Promise<void> {
    const { group, cluster } = this.#options
    await this.#ask(cluster, leaveGroupV5.api, group, [{ memberId }])
  }

  async #ask<Request extends unknown[], Answer>(
    through: Cluster,
    api: API<Request, Answer>,
    ...request: Request
  ): Promise<Answer> {
    this.#coordinator ??= await this.#findCoordinator()
    try {
      return await through.ask(this.#coordinator, api, ...request)
    } catch (error) {
      const type = errorType(error)
      if (type === undefined ? isPassing(error) : MOVED.has(type)) this.#coordinator = undefined
      throw error
    }
  }

  async #findCoordinator(): Promise<number> {
    const { group, cluster } = this.#options
    const { coordinators } = await cluster.ask('any', findCoordinatorV4.api, FindCoordinatorKeyTypes.GROUP, [group])
    const [coordinator] = coordinators
    if (!coordinator) throw new ClientError(`Group ${group} has no coordinator.`, { isPassing: true })
    return coordinator.nodeId
  }
}

/** The id that the coordinator gives to who joins without one. */
export function givenMemberId(error: unknown): string | undefined {
  if (errorType(error) !== 'MEMBER_ID_REQUIRED') return undefined
  const { response } = ((error as Error).cause ?? {}) as { readonly response?: { readonly memberId?: string } }
  return response?.memberId
}
