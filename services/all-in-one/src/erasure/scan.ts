import { parseExact, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { type Lake, readManifests, readRange } from '@millrace/lake'

type Event = Readonly<Record<string, unknown>>

/** A record of the log or a row of the lake. */
export interface FoundRecord {
  readonly partition: number
  readonly offset: number
  /** The event; null for a record without a value or that is no JSON object. */
  readonly event: Event | null
}

/** A record of the log. */
export interface FoundInLog extends FoundRecord {
  readonly key: Buffer
  readonly value: Buffer
  readonly timestampMs: number
}

/** A record as JSON; null where it is no object. */
export function readObject(value: Buffer): Event | null {
  try {
    const event: unknown = parseExact(value)
    return typeof event === 'object' && event !== null && !Array.isArray(event) ? (event as Event) : null
  } catch {
    // Not JSON: such a record names nobody whom a field could show.
    return null
  }
}

/** Every record that a topic has in the log now. */
export async function* recordsInLog(log: EventLog, topic: string): AsyncGenerator<FoundInLog> {
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, earliest, end))
      for (const { offset, key, value, timestampMs } of records)
        yield { partition, offset, key, value, timestampMs, event: readObject(value) }
}

/** Every row that a topic has in the lake below some ends; rows of a range may come twice when another erasure works. */
export async function* rowsInLake(
  lake: Lake,
  topic: Topic,
  { ends, directory }: { readonly ends: ReadonlyMap<number, number>; readonly directory: string },
): AsyncGenerator<FoundRecord & { readonly firstOffset: number }> {
  for (const [partition, end] of ends)
    for await (const manifest of readManifests(lake, topic.name, partition)) {
      const { firstOffset } = manifest
      if (firstOffset >= end) break
      for await (const { rows } of readRange(lake, manifest, { directory }))
        for (const { offset, event } of rows) if (offset < end) yield { partition, offset, event, firstOffset }
    }
}
