import { type EventOf, eventTimeOf, type Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { decodeJson } from '../decode-json.ts'
import { type DeadLetter, type Drop, deadLetter, type Ok, ok } from '../step.ts'

/** An event of a source topic, with what windows need to know of it. */
export interface SourceEvent<Source extends Topic> {
  readonly event: EventOf<Source>
  readonly eventId: string
  readonly timeMs: number
}

/** A step that reads an event of a topic from its record; an event without a time is at fault. */
export function createSourceReader<Source extends Topic>(
  source: Source,
): (record: LogRecord) => Ok<SourceEvent<Source>> | DeadLetter | Drop {
  const decode = decodeJson(source.schema)
  return record => {
    const decoded = decode(record, record)
    if (decoded.kind !== 'ok') return decoded
    const eventId = String((decoded.value as Readonly<Record<string, unknown>>).eventId)
    const timeMs = eventTimeOf(source, decoded.value)
    if (timeMs === null)
      return deadLetter('wrong_field', `no event time (${source.timeText})`, { sourceEventId: eventId })
    return ok({ event: decoded.value as EventOf<Source>, eventId, timeMs })
  }
}
