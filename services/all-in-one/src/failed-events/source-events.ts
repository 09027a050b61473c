import type { FailedEvent } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import type { LogReader, LogRecord } from '@millrace/event-log'

/** The event that a failed record was derived from. */
export interface SourceReference {
  readonly topic: string
  readonly eventId: string
}

/** Topic and id of the event from which the failed record was derived; null for a record that clients send themselves. */
export function sourceOf({ topic, sourceEventId }: FailedEvent): SourceReference | null {
  if (topic === null || sourceEventId === null) return null
  const source = catalog.find(topic)?.derivedFrom?.topic
  // The id of a derived record is the source's own, or begins with it: `<event id>:<kind>`.
  return source === undefined ? null : { topic: source.name, eventId: sourceEventId.split(':', 1)[0]! }
}

const keyOf = ({ topic, eventId }: SourceReference): string => `${topic} ${eventId}`

/** Events by topic and id. */
export class SourceEvents {
  readonly #wanted = new Map<string, Set<string>>()
  readonly #found = new Map<string, LogRecord>()

  want({ topic, eventId }: SourceReference): void {
    const ids = this.#wanted.get(topic)
    if (ids) ids.add(eventId)
    else this.#wanted.set(topic, new Set([eventId]))
  }

  /** Reads the topics of what is wanted, whole. Of an id that is there several times the last one counts. */
  async find(log: LogReader, onProgress: (line: string) => void): Promise<void> {
    let read = 0
    for (const [topic, ids] of this.#wanted)
      for (const { partition, earliest, end } of await log.range(topic))
        for await (const records of log.read(topic, partition, earliest, end)) {
          for (const record of records) {
            const eventId = eventIdOf(record.value)
            if (eventId !== null && ids.has(eventId)) this.#found.set(keyOf({ topic, eventId }), record)
          }
          read += records.length
          onProgress(`looking for ${ids.size} events in ${topic}: ${read.toLocaleString('en-US')} records read`)
        }
  }

  get(reference: SourceReference): LogRecord | undefined {
    return this.#found.get(keyOf(reference))
  }
}

function eventIdOf(value: Buffer): string | null {
  try {
    const event: { eventId?: unknown } | null = JSON.parse(value.toString())
    return typeof event?.eventId === 'string' ? event.eventId : null
  } catch {
    return null
  }
}
