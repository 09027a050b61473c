import { ClientError, type Committed, type OffsetToCommit, type TopicPartition } from '@millrace/event-log/kafka-client'
import { type Loop, type Step, WORLD } from '../loop.ts'
import type { ServiceProcess } from '../service-process.ts'

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** A member of a group, as its coordinator knows it. */
export interface GroupMember {
  readonly id: string
  readonly process: ServiceProcess
  readonly topics: readonly string[]
  readonly sessionMs: number
  /** Asks the member to join again; it is told with its next heartbeat. */
  readonly onRebalance: () => void
  /** The group gave it these partitions. */
  readonly onJoined: (generation: number, partitions: readonly TopicPartition[]) => void
  /** The group does not know it any more. */
  readonly onUnknown: () => void
}

/** A consumer group and its coordinator: nobody gets partitions before everybody has joined, or is given up. */
export class Group {
  readonly name: string
  readonly topics = new Set<string>()
  readonly #loop: Loop
  readonly #partitionsOf: (topic: string) => number
  readonly #members = new Map<string, GroupMember>()
  readonly #committed = new Map<string, Map<number, Committed>>()
  readonly #furthest = new Map<string, number>()
  /** Who has joined the generation that comes next; null while nothing changes. */
  #joining: Set<string> | null = null
  #deadline: Step | null = null
  #generation = 0
  #owners = new Map<string, GroupMember>()

  constructor(name: string, loop: Loop, partitionsOf: (topic: string) => number) {
    this.name = name
    this.#loop = loop
    this.#partitionsOf = partitionsOf
  }

  get members(): readonly GroupMember[] {
    return [...this.#members.values()]
  }

  /** Who has a partition; undefined where nobody does. */
  ownerOf(of: TopicPartition): GroupMember | undefined {
    return this.#owners.get(keyOf(of))
  }

  /** A member joins, for the first time or again. */
  join(member: GroupMember): void {
    for (const topic of member.topics) this.topics.add(topic)
    this.#members.set(member.id, member)
    this.rebalance(member.id)
  }

  /** Whether members are expected to join again. */
  get isRebalancing(): boolean {
    return this.#joining !== null
  }

  leave(id: string): void {
    if (!this.#members.delete(id)) return
    this.#joining?.delete(id)
    this.rebalance()
  }

  /** A member has not been heard for as long as its session lasts. */
  expire(id: string): void {
    const member = this.#members.get(id)
    if (!member) return
    this.leave(id)
    member.onUnknown()
  }

  /**
   * Every member is to join again; the one that does not within its session is given up.
   * @param joined a member that has
   */
  rebalance(joined?: string): void {
    if (this.#members.size === 0) {
      this.#joining = null
      this.#owners.clear()
      this.#deadline?.cancel()
      return
    }
    if (!this.#joining) {
      this.#joining = new Set()
      const longestMs = Math.max(...this.members.map(({ sessionMs }) => sessionMs))
      this.#deadline = this.#loop.after(longestMs, WORLD, 'gives up members', () => {
        for (const { id } of this.members) if (!this.#joining?.has(id)) this.expire(id)
      })
      for (const member of this.members) if (member.id !== joined) member.onRebalance()
    }
    if (joined !== undefined) this.#joining.add(joined)
    this.#completeWhenAllAreHere()
  }

  #completeWhenAllAreHere(): void {
    if (!this.#joining || this.members.some(({ id }) => !this.#joining!.has(id))) return
    this.#joining = null
    this.#deadline?.cancel()
    this.#generation++
    this.#owners = new Map()
    const given = new Map<GroupMember, TopicPartition[]>(this.members.map(member => [member, []]))
    let turn = 0
    for (const topic of [...this.topics].sort()) {
      const takers = this.members.filter(({ topics }) => topics.includes(topic))
      if (takers.length === 0) continue
      for (let partition = 0; partition < this.#partitionsOf(topic); partition++) {
        const taker = takers[turn++ % takers.length]!
        given.get(taker)!.push({ topic, partition })
        this.#owners.set(`${topic}/${partition}`, taker)
      }
    }
    for (const [member, partitions] of given) member.onJoined(this.#generation, partitions)
  }

  committedOf(topic: string): ReadonlyMap<number, Committed> {
    return this.#committed.get(topic) ?? new Map()
  }

  /** The furthest offset that was ever committed: a request that comes late takes the committed one back, as in Kafka. */
  furthestOf(of: TopicPartition): number {
    return this.#furthest.get(keyOf(of)) ?? 0
  }

  /** @throws ClientError UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION */
  commit(id: string, generation: number, offsets: readonly OffsetToCommit[]): void {
    if (!this.#members.has(id)) throw new ClientError('the member is not known', { type: 'UNKNOWN_MEMBER_ID' })
    if (generation !== this.#generation) throw new ClientError('another generation', { type: 'ILLEGAL_GENERATION' })
    for (const { topic, partition, offset, metadata } of offsets) {
      let ofTopic = this.#committed.get(topic)
      if (!ofTopic) {
        ofTopic = new Map()
        this.#committed.set(topic, ofTopic)
      }
      ofTopic.set(partition, { offset, metadata })
      const key = keyOf({ topic, partition })
      this.#furthest.set(key, Math.max(offset, this.#furthest.get(key) ?? 0))
    }
  }
}
