import { recordTimeMs, type Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'

/** Ms from a record's event time to `nowMs`, or null when it has no readable one. */
export function freshnessMs(topic: Topic, { value }: LogRecord, nowMs: number): number | null {
  const timeMs = recordTimeMs(topic, value)
  return timeMs === null ? null : nowMs - timeMs
}
