import { lol } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'

/* A log of one partition that is a function of the offset. */

export const TOPIC = lol.topics.raw.name
export const PARTITION = 4
export const START_MS = Date.UTC(2024, 2, 24, 10)

export const eventAt = (offset: number, datetimeMs = START_MS + offset): Record<string, unknown> => ({
  eventId: `00000000-0000-4000-8000-${String(offset).padStart(12, '0')}`,
  datetime: new Date(datetimeMs).toISOString(),
  account: `player ${offset % 5}`,
  x: offset / 3,
  method: '/move',
  추가: { n: [offset, null] },
})

export const recordAt = (offset: number, value: Buffer | Record<string, unknown> = eventAt(offset)): LogRecord => ({
  topic: TOPIC,
  partition: PARTITION,
  offset,
  key: Buffer.from('player'),
  value: Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
  timestampMs: START_MS,
})

export const records = (from: number, to: number): LogRecord[] =>
  Array.from({ length: to - from }, (_, index) => recordAt(from + index))
