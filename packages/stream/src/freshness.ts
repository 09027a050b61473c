import { topicContract } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'

/** Ms from a record's event time to `nowMs`, or null when it has no readable one. */
export function freshnessMs({ topic, value }: LogRecord, nowMs: number): number | null {
  try {
    const event = JSON.parse(value.toString()) as Readonly<Record<string, unknown>> | null
    const time = event?.[topicContract(topic).eventTime]
    const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
    return Number.isNaN(timeMs) ? null : nowMs - timeMs
  } catch {
    return null
  }
}
