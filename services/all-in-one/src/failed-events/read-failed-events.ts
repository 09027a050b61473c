import { type FailedEvent, failedEvent } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'

const TOPIC = 'failed-events'

/** A failed event and where it is stored. */
export interface StoredFailure {
  readonly event: FailedEvent
  readonly partition: number
  readonly offset: number
}

export type Ranges = Awaited<ReturnType<LogReader['range']>>

/** What the topic holds now, for reading the same several times. */
export const rangesOfFailedEvents = (log: LogReader): Promise<Ranges> => log.range(TOPIC)

export interface ReadFailedOptions {
  /** Gets what stands in the topic and is no failed event. */
  readonly onUnreadable?: (where: { partition: number; offset: number; reason: string }) => void
}

/** Every failed event, oldest first; one that a restarted service has published again comes once. */
export async function* readFailedEvents(
  log: LogReader,
  ranges: Ranges,
  options: ReadFailedOptions = {},
): AsyncGenerator<StoredFailure> {
  const partitions = ranges.map(range => readPartition(log, range, options))
  const repeatable = new Set<string>()
  try {
    const heads = await Promise.all(partitions.map(partition => partition.next()))
    for (;;) {
      let oldest = -1
      for (const [index, head] of heads.entries())
        if (!head.done && (oldest < 0 || head.value.event.datetime < heads[oldest]!.value!.event.datetime))
          oldest = index
      if (oldest < 0) return
      const failure: StoredFailure = heads[oldest]!.value!
      heads[oldest] = await partitions[oldest]!.next()
      const { eventId, offset } = failure.event
      if (offset !== null) {
        if (repeatable.has(eventId)) continue
        repeatable.add(eventId)
      }
      yield failure
    }
  } finally {
    for (const partition of partitions) await partition.return(undefined)
  }
}

async function* readPartition(
  log: LogReader,
  { partition, earliest, end }: Ranges[number],
  { onUnreadable }: ReadFailedOptions,
): AsyncGenerator<StoredFailure, undefined> {
  for await (const records of log.read(TOPIC, partition, earliest, end))
    for (const { offset, value } of records) {
      let event: FailedEvent
      try {
        event = failedEvent.parse(JSON.parse(value.toString()))
      } catch (error) {
        onUnreadable?.({ partition, offset, reason: error instanceof SyntaxError ? 'not JSON' : 'not of the contract' })
        continue
      }
      yield { event, partition, offset }
    }
  return undefined
}
