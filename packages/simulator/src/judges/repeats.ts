import { type Catalog, isPublishedOnce } from '@millrace/contracts'
import type { LogCluster, StoredRecord } from '../stores/log-cluster.ts'

interface Output {
  readonly eventId?: unknown
  readonly sourceEventId?: string
}

/** An output of one source event: two of them may tell of one thing, such as the first view of a page by a session. */
function idOf({ record }: StoredRecord): string | null {
  const { eventId, sourceEventId = '' } = JSON.parse(record.value.toString()) as Output
  return typeof eventId === 'string' ? `${eventId} ${sourceEventId}` : null
}

/** A process that is unsure looks for what was stored at once, and not so much later. */
const LOOK_TAKES_MS = 15_000

const couldBeFound = (before: StoredRecord, again: StoredRecord): boolean =>
  again.writer === before.writer
    ? again.sentMs - before.storedMs > LOOK_TAKES_MS
    : before.storedMs < again.writer.startedMs

const writtenBy = ({ record, writer, storedMs }: StoredRecord): string =>
  `at ${record.partition}/${record.offset} by ${writer.name}, ${new Date(storedMs).toISOString()}`

/**
 * Outputs that a process has published although they were in the log before it began: what was published and not committed is to
 * be found again. An append that was under way when its successor looked cannot be found, and is no fault (decision 0014).
 */
export function judgeRepeats(catalog: Catalog, cluster: LogCluster): string[] {
  const faults: string[] = []
  for (const topic of catalog.topics) {
    if (!isPublishedOnce(topic) || !topic.derivedFrom) continue
    const first = new Map<string, StoredRecord>()
    let repeats = 0
    let example = ''
    for (const { stored } of cluster.partitionsOf(topic.name))
      for (const one of stored) {
        const id = idOf(one)
        if (id === null) continue
        const before = first.get(id)
        if (!before) first.set(id, one)
        else if (couldBeFound(before, one)) {
          if (repeats++ === 0) example = `${id.trim()} ${writtenBy(before)}, and ${writtenBy(one)}`
        }
      }
    if (repeats > 0)
      faults.push(`${topic.name}: ${repeats} outputs were published again although they were there, such as ${example}`)
  }
  return faults
}
