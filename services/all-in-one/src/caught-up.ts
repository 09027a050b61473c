import type { EventLog } from '@millrace/event-log'
import { type Clock, SILENT_WAIT_MS, WaitReasons } from '@millrace/runtime'

const POLL_MS = 250

export interface ConsumerLag {
  readonly group: string
  readonly topic: string
  /** Records between the committed offset and the end, over all partitions. */
  readonly lag: number
}

/** The lag of each group on each topic that it reads. */
export async function consumerLags(
  log: EventLog,
  groups: Readonly<Record<string, readonly string[]>>,
): Promise<ConsumerLag[]> {
  const lags: ConsumerLag[] = []
  for (const [group, topics] of Object.entries(groups))
    for (const topic of topics) {
      const committed = await log.committed(group, topic)
      const ranges = await log.range(topic)
      const lag = ranges.reduce(
        (sum, { partition, earliest, end }) => sum + end - Math.max(earliest, committed.get(partition)?.offset ?? 0),
        0,
      )
      lags.push({ group, topic, lag })
    }
  return lags
}

/** Records of each topic that some group has not finished, each counted once however many groups read it. */
function unfinished(lags: readonly ConsumerLag[]): ReadonlyMap<string, number> {
  const byTopic = new Map<string, number>()
  for (const { topic, lag } of lags) byTopic.set(topic, Math.max(byTopic.get(topic) ?? 0, lag))
  return byTopic
}

/**
 * Waits until every group has finished everything that is in its topics, twice in a row (one group's output is another's input).
 * @param onStall told who is behind on what when nothing has moved for a few seconds
 * @throws when nothing moved for `stallMs`, naming who is behind on what
 */
export async function untilCaughtUp(
  log: EventLog,
  groups: Readonly<Record<string, readonly string[]>>,
  options: {
    clock: Clock
    stallMs: number
    onLag: (total: number, byTopic: ReadonlyMap<string, number>) => void
    onStall?: (reason: string) => void
  },
): Promise<void> {
  const { clock, stallMs, onLag, onStall = () => {} } = options
  const stalls = new WaitReasons(onStall)
  let quiet = 0
  let before = ''
  let movedMs = clock.now()
  while (quiet < 2) {
    const lags = await consumerLags(log, groups)
    const byTopic = unfinished(lags)
    const total = [...byTopic.values()].reduce((sum, lag) => sum + lag, 0)
    onLag(total, byTopic)
    quiet = total === 0 ? quiet + 1 : 0
    const state = JSON.stringify(lags)
    const stalledMs = clock.now() - movedMs
    if (state !== before || total === 0) {
      movedMs = clock.now()
      stalls.over()
    } else if (stalledMs >= Math.min(SILENT_WAIT_MS, stallMs)) {
      const behind = lags
        .filter(({ lag }) => lag > 0)
        .map(({ group, topic, lag }) => `${group} is ${lag} records behind on ${topic}`)
        .join('; ')
      if (stalledMs > stallMs)
        throw new Error(`Nothing moved for ${stallMs / 1000} s: ${behind}. The services' log lines say why.`)
      stalls.say(behind)
    }
    before = state
    await clock.sleep(POLL_MS)
  }
}
