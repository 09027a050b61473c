import { logError } from '../errors.ts'
import type { CommitPosition, ConsumerEvent } from '../event-log.ts'
import type { EmbeddedTopics } from './embedded-topics.ts'
import type { OffsetStore } from './offset-store.ts'

export interface GroupMember {
  readonly clientId: string
  readonly topics: readonly string[]
  /** Gets what was taken and given, in order. */
  readonly onEvent: (event: Exclude<ConsumerEvent, { type: 'records' }>) => void
}

interface Owner {
  readonly member: GroupMember
  readonly epoch: number
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

/** The members of one consumer group in this process, and who has which partition. A change takes effect at once. */
export class Group {
  readonly #name: string
  readonly #topics: EmbeddedTopics
  readonly #offsets: OffsetStore
  readonly #members: GroupMember[] = []
  #owners = new Map<string, Owner>()
  #lastEpoch = 0

  constructor(name: string, topics: EmbeddedTopics, offsets: OffsetStore) {
    this.#name = name
    this.#topics = topics
    this.#offsets = offsets
  }

  join(member: GroupMember): void {
    this.#members.push(member)
    this.rebalance()
  }

  leave(member: GroupMember): void {
    const index = this.#members.indexOf(member)
    if (index >= 0) this.#members.splice(index, 1)
    this.rebalance()
  }

  owns(member: GroupMember, topic: string, partition: number, epoch: number): boolean {
    const owner = this.#owners.get(keyOf(topic, partition))
    return owner?.member === member && owner.epoch === epoch
  }

  /** Shares the partitions out evenly; those that stay where they are keep their epoch. */
  rebalance(): void {
    const owners = new Map<string, Owner>()
    const taken = new Map<GroupMember, { topic: string; partition: number; epoch: number }[]>()
    const given = new Map<GroupMember, { topic: string; partition: number; epoch: number }[]>()
    const note = (to: typeof taken, member: GroupMember, item: { topic: string; partition: number; epoch: number }) => {
      const items = to.get(member)
      if (items) items.push(item)
      else to.set(member, [item])
    }
    let turn = 0
    const names = new Set(this.#members.flatMap(member => member.topics))
    const wanted = new Map<string, GroupMember>()
    for (const topic of [...names].sort()) {
      const members = this.#members.filter(member => member.topics.includes(topic))
      for (const partition of this.#topics.get(topic).partitions.keys())
        wanted.set(keyOf(topic, partition), members[turn++ % members.length]!)
    }
    for (const [key, owner] of this.#owners) {
      if (wanted.get(key) === owner.member) owners.set(key, owner)
      else note(taken, owner.member, { ...parseKey(key), epoch: owner.epoch })
    }
    for (const [key, member] of wanted) {
      if (owners.has(key)) continue
      const epoch = ++this.#lastEpoch
      owners.set(key, { member, epoch })
      note(given, member, { ...parseKey(key), epoch })
    }
    this.#owners = owners
    for (const [member, assignments] of taken) member.onEvent({ type: 'revoked', assignments })
    for (const [member, items] of given)
      member.onEvent({
        type: 'assigned',
        assignments: items.map(({ topic, partition, epoch }) => {
          const { earliest, end } = this.#topics.partition(topic, partition)
          return { topic, partition, epoch, earliest, end, committed: this.#offsets.get(this.#name, topic, partition) }
        }),
      })
  }

  /** @throws fenced after the positions that are still the member's were stored */
  async commit(member: GroupMember, positions: readonly CommitPosition[]): Promise<void> {
    const own = positions.filter(({ topic, partition, epoch }) => this.owns(member, topic, partition, epoch))
    if (own.length > 0) await this.#offsets.commit(this.#name, own)
    const lost = positions.find(position => !own.includes(position))
    if (lost) throw logError('fenced', { topic: lost.topic, partition: lost.partition })
  }
}

function parseKey(key: string): { topic: string; partition: number } {
  const slash = key.lastIndexOf('/')
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
}
