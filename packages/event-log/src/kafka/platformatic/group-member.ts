import { type Clock, maxBackoffMs } from '@millrace/runtime'
import type { ConsumerOptions } from '../../event-log.ts'
import type {
  MembershipHandler,
  Membership as MembershipPort,
  OffsetToCommit,
  TopicPartition,
} from '../client-library.ts'
import { ClientError, errorType, isPassing } from '../kafka-errors.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { Cluster } from './cluster.ts'
import { FetchLoop } from './fetch-loop.ts'
import { GroupClient, givenMemberId, type Joined, type Membership } from './group-client.ts'

const HEARTBEAT_MS = 500
const DEFAULT_SESSION_MS = 30_000
const DEFAULT_BATCH_BYTES = 1 << 20
const LEAVE_TIMEOUT_MS = 5_000
const BACKOFF = { firstDelayMs: 50, maxDelayMs: 1_000 }
/** The member is known, and is to join again. */
const JOIN_AGAIN = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'])
const UNKNOWN = 'UNKNOWN_MEMBER_ID'

/** The requests that a member makes; see GroupClient. */
export type GroupRequests = Pick<GroupClient, 'join' | 'heartbeat' | 'commit' | 'leave'>

export interface GroupMemberParts {
  readonly clock: Clock
  readonly sessionTimeoutMs: number
  readonly group: GroupRequests
  readonly fetches: Pick<FetchLoop, 'assign' | 'seek' | 'pause' | 'resume' | 'close'>
  readonly handler: Pick<MembershipHandler, 'onJoined'>
  /** Ends all connections. */
  readonly disconnect: () => void
}

/**
 * One member of a classic group. Heartbeats go out on a line of their own, so neither a slow caller nor a fetch holds a
 * rebalance up. Every request carries the generation in which it was decided, so the coordinator refuses what is too late.
 */
export class GroupMember implements MembershipPort {
  readonly #parts: GroupMemberParts
  readonly #heartbeatMs: number
  readonly #stopping = new AbortController()
  readonly #ended = Promise.withResolvers<unknown>()
  /** As the coordinator gave it; empty before. */
  #memberId = ''
  #current: Membership | undefined
  /** When the coordinator was last heard. */
  #heardAtMs = 0

  constructor(parts: GroupMemberParts) {
    this.#parts = parts
    this.#heartbeatMs = Math.min(HEARTBEAT_MS, Math.floor(parts.sessionTimeoutMs / 4))
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise
  }

  /** Ends the membership for a reason that came up elsewhere. */
  fail(error: unknown): void {
    this.#ended.resolve(error)
  }

  async start(): Promise<void> {
    this.#heardAtMs = this.#parts.clock.now()
    try {
      while (!this.#stopping.signal.aborted) {
        await this.#join()
        await this.#stay()
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#ended.resolve(error)
    }
  }

  async #join(): Promise<void> {
    const { clock, group } = this.#parts
    for (let attempts = 0; !this.#stopping.signal.aborted; ) {
      try {
        return this.#joined(await group.join(this.#memberId))
      } catch (error) {
        const given = givenMemberId(error)
        if (given !== undefined) {
          this.#memberId = given
          continue
        }
        this.#note(error)
        await clock.sleep(maxBackoffMs(BACKOFF, ++attempts), this.#stopping.signal).catch(() => {})
      }
    }
  }

  #joined({ memberId, generation, partitions }: Joined): void {
    if (this.#stopping.signal.aborted) return
    const { clock, fetches, handler } = this.#parts
    const before = this.#current
    this.#heardAtMs = clock.now()
    this.#memberId = memberId
    this.#current = { memberId, generation }
    fetches.assign(partitions)
    handler.onJoined(partitions, before?.memberId === memberId && before.generation + 1 === generation)
  }

  /** Shows life until the group wants every member to join again. */
  async #stay(): Promise<void> {
    const { clock, group } = this.#parts
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(this.#heartbeatMs, this.#stopping.signal).catch(() => {})
      if (this.#stopping.signal.aborted) return
      try {
        await group.heartbeat(this.#current!)
        this.#heardAtMs = clock.now()
      } catch (error) {
        if (this.#note(error) === 'join again') return
      }
    }
  }

  /** @throws the error when it ends the membership: a final one, or nothing heard for as long as the session lasts */
  #note(error: unknown): 'join again' | 'try again' {
    const { clock, sessionTimeoutMs } = this.#parts
    const type = errorType(error) ?? ''
    if (type === UNKNOWN) this.#memberId = ''
    if (type === UNKNOWN || JOIN_AGAIN.has(type)) {
      this.#heardAtMs = clock.now()
      return 'join again'
    }
    if (!isPassing(error) || clock.now() - this.#heardAtMs > sessionTimeoutMs) throw error
    return 'try again'
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#parts.fetches.pause(partitions)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#parts.fetches.resume(partitions)
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#parts.fetches.seek(partition, offset)
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (!this.#current) throw new ClientError('The consumer has not joined.', { type: UNKNOWN })
    await this.#parts.group.commit(this.#current, offsets)
  }

  async stop(): Promise<void> {
    const { clock, group, fetches, disconnect } = this.#parts
    this.#stopping.abort()
    fetches.close()
    if (this.#memberId !== '') {
      const timeout = new AbortController()
      const late = clock.sleep(LEAVE_TIMEOUT_MS, timeout.signal).catch(() => {})
      await Promise.race([group.leave(this.#memberId).catch(() => {}), late])
      timeout.abort()
    }
    disconnect()
    this.#ended.resolve(undefined)
  }
}

/** A member with connections of its own: joining waits for others, fetching waits for records, and nothing waits for these. */
export function createGroupMember(
  options: ConsumerOptions,
  settings: KafkaSettings,
  handler: MembershipHandler,
): GroupMember {
  const { group, topics, clientId, maxBatchBytes = DEFAULT_BATCH_BYTES } = options
  const { sessionTimeoutMs = DEFAULT_SESSION_MS } = options
  const cluster = new Cluster(settings, clientId, Math.min(settings.requestTimeoutMs, sessionTimeoutMs))
  const patientCluster = new Cluster(settings, clientId, sessionTimeoutMs + settings.requestTimeoutMs)
  const fetchCluster = new Cluster(settings, clientId)
  const fetches = new FetchLoop({
    cluster: fetchCluster,
    clock: settings.clock,
    logger: settings.logger,
    maxBatchBytes,
    onBatch: handler.onBatch,
    onFailed: error => member.fail(error),
  })
  const member = new GroupMember({
    clock: settings.clock,
    sessionTimeoutMs,
    group: new GroupClient({ group, topics, sessionTimeoutMs, cluster, patientCluster }),
    fetches,
    handler,
    disconnect: () => {
      for (const each of [cluster, patientCluster, fetchCluster]) each.close()
    },
  })
  return member
}
