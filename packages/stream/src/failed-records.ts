import { type FailedEvent, failedEventsTopic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { emitEvent } from './emit-event.ts'
import type { DeadLetter } from './step.ts'
import type { Emit, FailedRecord } from './topology.ts'

/** A record with the reason for which a step refused it. `stage` and `sink` are for steps that write to a sink. */
export const failedRecord = (
  record: LogRecord,
  { code, message, path, sourceEventId }: DeadLetter,
  { stage = 'process', sink = null }: Partial<Pick<FailedEvent, 'stage' | 'sink'>> = {},
): FailedRecord => ({ record, reason: { code, message, path, sourceEventId, stage, sink } })

/**
 * The failed event of a record. Its id is made of topic, partition, offset and the sink or service that lacks the record, so that a
 * replay overwrites it.
 * @param nowMs when it failed, ms since the epoch
 */
export function emitFailed({ record, reason }: FailedRecord, service: string, nowMs: number): Emit {
  const { topic, partition, offset, key, value } = record
  const event: FailedEvent = {
    eventId: `${topic}:${partition}:${offset}:${reason.sink ?? service}`,
    datetime: new Date(nowMs).toISOString(),
    service,
    ...reason,
    domain: topic.split('.')[0]!,
    topic,
    partition,
    offset,
    key: key.toString('base64'),
    payload: value.toString('base64'),
  }
  return emitEvent(failedEventsTopic, event)
}
