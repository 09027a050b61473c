import type { TopicPartition } from '../client-library.ts'

export interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

/** Deals the partitions of each topic out in turn, to the members that subscribe to it. */
export function roundRobin(
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const inOrder = subscribers.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const dealt = new Map<string, TopicPartition[]>(inOrder.map(({ memberId }) => [memberId, []]))
  let turn = 0
  for (const [topic, count] of [...partitionCounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const takers = inOrder.filter(({ topics }) => topics.includes(topic))
    if (takers.length === 0) continue
    for (let partition = 0; partition < count; partition++)
      dealt.get(takers[turn++ % takers.length]!.memberId)!.push({ topic, partition })
  }
  return dealt
}
