import { logError } from './errors.ts'
import type { OutgoingRecord } from './event-log.ts'

/** Upper bound of what Kafka's record format 2 adds to one record: lengths, deltas, the name of its one header. */
export const RECORD_OVERHEAD = 48
/** What the format adds to a batch. */
export const BATCH_OVERHEAD = 61

/** Bytes of a record in a batch, never less than what the broker counts. */
export const recordBytes = (record: OutgoingRecord): number =>
  record.key.length + record.value.length + (record.traceparent?.length ?? 0) + RECORD_OVERHEAD

/** `record_too_large` when a record of `bytes` (by recordBytes) would not fit into a batch of its own, else null. */
export const tooLarge = (topic: string, bytes: number, maxMessageBytes: number) =>
  bytes + BATCH_OVERHEAD > maxMessageBytes
    ? logError('record_too_large', { topic, bytes, limit: maxMessageBytes - BATCH_OVERHEAD })
    : null
