import type { FailedEvent } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import { MAX_IDLE_MS } from '@millrace/stream'
import { type FailureFilter, matches } from './failure-filter.ts'
import { type ReadFailedOptions, rangesOfFailedEvents, readFailedEvents } from './read-failed-events.ts'
import { contentField, contentOf, readableKey } from './record-content.ts'
import { SourceEvents, sourceOf } from './source-events.ts'

/** Services with state drop an event id that they have seen this long ago or less; with a margin for stragglers that renew it. */
const REMEMBERED_MS = MAX_IDLE_MS + 5 * 60_000

export interface ExportOptions extends ReadFailedOptions {
  readonly filter: FailureFilter
  /** At most this many records, the newest. */
  readonly limit?: number
  readonly write: (line: string) => Promise<void> | void
  readonly onProgress?: (line: string) => void
}

export interface ExportCounts {
  readonly records: number
  readonly failures: number
}

/** What is known of one record while the file is made: its failures, several where several stages could not accept it. */
interface Group {
  readonly failures: FailedEvent[]
  isWritten: boolean
}

/**
 * Writes failed records as lines of NDJSON to correct and replay, oldest first. A record that several stages could not accept is one
 * line. In place of a derived record (curated, a score) stands the event that it was derived from, as that can be sent again.
 */
export async function exportFailedEvents(log: LogReader, options: ExportOptions): Promise<ExportCounts> {
  const { filter, limit = Number.POSITIVE_INFINITY, onProgress = () => {} } = options
  const ranges = await rangesOfFailedEvents(log)
  const sources = new SourceEvents()
  const behindGateway: FailedEvent[] = []
  let failures = 0
  for await (const { event } of readFailedEvents(log, ranges, options)) {
    if (!matches(event, filter)) continue
    failures++
    if (event.offset === null) continue
    const source = sourceOf(event)
    if (source) sources.want(source)
    // The bytes are read again when they are written.
    behindGateway.push({ ...event, payload: '' })
  }
  await sources.find(log, onProgress)

  const groups = new Map<string, Group>()
  for (const event of behindGateway) {
    const id = recordOf(event, sources).id
    const group = groups.get(id)
    if (group) group.failures.push(event)
    else groups.set(id, { failures: [event], isWritten: false })
  }
  let records = 0
  let skip = Math.max(0, failures - behindGateway.length + groups.size - limit)
  for await (const { event } of readFailedEvents(log, ranges)) {
    if (!matches(event, filter)) continue
    const record = recordOf(event, sources)
    const group = groups.get(record.id) ?? { failures: [event], isWritten: false }
    if (group.isWritten) continue
    group.isWritten = true
    if (skip-- > 0) continue
    await options.write(lineOf(record, group.failures))
    records++
  }
  return { records, failures }
}

interface ExportedRecord {
  /** Of the record, not of one of its failures: the position of a stored one, so that all of its failures meet. */
  readonly id: string
  readonly topic: string | null
  readonly key: string | null
  readonly bytes: Buffer
}

function recordOf(event: FailedEvent, sources: SourceEvents): ExportedRecord {
  const reference = sourceOf(event)
  const source = reference ? sources.get(reference) : undefined
  if (source) {
    const { topic, partition, offset, key, value } = source
    return { id: `${topic}:${partition}:${offset}`, topic, key: readableKey(key.toString('base64')), bytes: value }
  }
  const { eventId, topic, partition, offset, key, payload } = event
  const id = offset === null ? eventId : `${topic}:${partition}:${offset}`
  return { id, topic, key: readableKey(key), bytes: Buffer.from(payload, 'base64') }
}

function lineOf({ id, topic, key, bytes }: ExportedRecord, failures: readonly FailedEvent[]): string {
  const derived = failures.filter(failure => failure.topic !== topic)
  // Until then the services that made the derived record take the same event id for a client's retry.
  const newest = derived.map(({ datetime }) => Date.parse(datetime)).sort((a, b) => b - a)[0]
  const head = {
    id,
    topic,
    key,
    ...(newest === undefined ? {} : { notBefore: new Date(newest + REMEMBERED_MS).toISOString() }),
    failures: failures.map(({ datetime, stage, sink, service, code, path, message, ...failure }) => ({
      datetime,
      stage,
      sink,
      service,
      code,
      path,
      message,
      ...(failure.topic === topic ? {} : { topic: failure.topic }),
    })),
  }
  return `${JSON.stringify(head).slice(0, -1)},${contentField(contentOf(bytes))}}`
}
