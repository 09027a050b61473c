import type { KafkaMessage } from 'kafkajs'
import type { LogRecord } from '../../event-log.ts'

const EMPTY = Buffer.alloc(0)

export function toLogRecord(
  { key, value, offset, timestamp, headers }: KafkaMessage,
  topic: string,
  partition: number,
): LogRecord {
  const record = {
    topic,
    partition,
    offset: Number(offset),
    key: key ?? EMPTY,
    value: value ?? EMPTY,
    timestampMs: Number(timestamp),
  }
  const traceparent = headers?.traceparent
  return traceparent === undefined ? record : { ...record, traceparent: String(traceparent) }
}
