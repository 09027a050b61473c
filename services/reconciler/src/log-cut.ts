import { makerOf, sourcesOf, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { type Clock, CodedError } from '@millrace/runtime'

const POLL_MS = 1_000
/** Records of a compacted topic that are looked at, whether they are tombstones. */
const MOST_TOMBSTONES = 10_000

/** Per topic and partition the offset at which a comparison ends. */
export type LogCut = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface LogCutOptions {
  readonly log: EventLog
  readonly clock: Clock
  readonly topics: readonly Topic[]
  /** The consumer groups that have to come to the end of a topic. */
  readonly groupsOf: (topic: Topic) => readonly string[]
  /** How long they may take. */
  readonly deadlineMs: number
  /** Called with what is waited for, once per change. */
  readonly onWait?: (reason: string) => void
  readonly signal?: AbortSignal
}

/** A consumer was behind for too long, or the log was away. */
export class NotCaughtUp extends Error {}

const isMadeFrom = (derived: Topic, topic: Topic): boolean =>
  sourcesOf(derived).some(source => source === topic || isMadeFrom(source, topic))

/** What the group that makes a topic reads, without the topic itself and what is made from it. */
function readByMakerOf(topic: Topic, topics: readonly Topic[]): Topic[] {
  if (!topic.derivedFrom) return []
  const maker = makerOf(topic)
  const read = topics.flatMap(each => (each.derivedFrom && makerOf(each) === maker ? sourcesOf(each) : []))
  return [...sourcesOf(topic), ...read].filter(source => source !== topic && !isMadeFrom(source, topic))
}

/** How many topics are between a topic and one that is derived from none, on the longest way. */
const depthOf = (topic: Topic, topics: readonly Topic[]): number =>
  Math.max(0, ...readByMakerOf(topic, topics).map(source => 1 + depthOf(source, topics)))

/** The end of each partition now. */
export const endsOf = async (log: EventLog, topic: string): Promise<ReadonlyMap<number, number>> =>
  new Map((await log.range(topic)).map(({ partition, end }) => [partition, end]))

/**
 * Ends of topics that belong together: those of derived topics hold everything that was made from what is below the ends of
 * their sources, and every group has come to the ends.
 * @throws NotCaughtUp, which names who is behind when that takes longer than the deadline
 */
export async function drawLogCut(options: LogCutOptions): Promise<LogCut> {
  const { log, clock, topics, groupsOf, deadlineMs, onWait, signal } = options
  const untilMs = clock.now() + deadlineMs
  const cut = new Map<string, ReadonlyMap<number, number>>()
  let said = ''

  /** Repeats a question until its answer is not a reason to wait. */
  async function until<T>(ask: () => Promise<{ readonly value: T } | { readonly behind: string }>): Promise<T> {
    for (;;) {
      let behind: string
      try {
        const answer = await ask()
        if ('value' in answer) return answer.value
        behind = answer.behind
      } catch (error) {
        if (!(error instanceof CodedError && (error.retryable || error.code === 'unknown_topic'))) throw error
        behind = error.message
      }
      if (clock.now() >= untilMs) throw new NotCaughtUp(`Gave up after ${Math.round(deadlineMs / 1000)} s: ${behind}`)
      if (behind !== said) onWait?.(behind)
      said = behind
      await clock.sleep(POLL_MS, signal)
    }
  }

  /** Records of a range that make something: of a few records of a compacted topic, those that are no tombstones. */
  async function toProcess(
    { name, cleanup }: Topic,
    partition: number,
    { from, end }: { readonly from: number; readonly end: number },
  ): Promise<number> {
    if (cleanup !== 'compact' || end - from > MOST_TOMBSTONES) return end - from
    let records = 0
    for await (const batch of log.read(name, partition, from, end))
      records += batch.filter(({ value }) => value.length > 0).length
    return records
  }

  async function behind(topic: Topic): Promise<string[]> {
    const late: string[] = []
    const ranges = await log.range(topic.name)
    for (const group of groupsOf(topic)) {
      const committed = await log.committed(group, topic.name)
      let lag = 0
      for (const { partition, earliest } of ranges) {
        const end = cut.get(topic.name)?.get(partition) ?? 0
        const from = Math.max(earliest, committed.get(partition)?.offset ?? 0)
        if (from < end) lag += await toProcess(topic, partition, { from, end })
      }
      if (lag > 0) late.push(`${group} is ${lag} records behind on ${topic.name}`)
    }
    return late
  }

  const depths = new Map(topics.map(topic => [topic, depthOf(topic, topics)]))
  const deepest = Math.max(...depths.values())
  for (let depth = 0; depth <= deepest; depth++) {
    const level = topics.filter(topic => depths.get(topic) === depth)
    for (const { name } of level) cut.set(name, await until(async () => ({ value: await endsOf(log, name) })))
    await until(async () => {
      const late = (await Promise.all(level.map(behind))).flat()
      return late.length === 0 ? { value: null } : { behind: late.join('; ') }
    })
  }
  return cut
}
