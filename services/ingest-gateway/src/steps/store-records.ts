import type { FailedEvent, Topic } from '@millrace/contracts'
import type { AppendResult, OutgoingRecord } from '@millrace/event-log'
import type { ByteReservation } from '../byte-budget.ts'
import type { LogClient } from '../log-client.ts'
import { detailOf, type Refusal } from '../problem.ts'
import type { PreparedRecord, RefusedRecord } from './prepare-record.ts'

/** The result of one record of a request. */
export type Outcome = StoredRecord | Refusal

export interface StoredRecord {
  readonly eventId: string
  readonly partition: number
  readonly offset: number
}

const RETRY_AFTER_S = 5
const FAILED_EVENTS = 'failed-events'
/** What a failed event has beside its payload, bytes, rounded up. */
const FAILED_EVENT_BYTES = 1_024

/** A refused record with its bytes, to be stored as a failed event; one that is too large is only counted. */
export interface KeptRefusal {
  readonly index: number
  readonly record: RefusedRecord
  readonly payload: Buffer
}

export interface StoreOptions {
  readonly logClient: LogClient
  readonly contract: Topic
  readonly deadlineMs: number
  readonly nowMs: number
  readonly traceparent: string | undefined
  readonly reservation: ByteReservation
  readonly randomId: () => string
}

/** The refusal for an error of the log: everything that the client did not cause is a 503. */
export function refusalOfLog(error: {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
}): Refusal {
  switch (error.code) {
    case 'record_too_large':
      return {
        code: 'record_too_large',
        details: { bytes: Number(error.details.bytes), limit: Number(error.details.limit) },
      }
    case 'append_timeout':
      return { code: 'log_timeout', retryAfterS: RETRY_AFTER_S }
    case 'unknown_topic':
      return { code: 'topic_missing', details: { topic: String(error.details.topic) }, retryAfterS: RETRY_AFTER_S }
    case 'log_saturated':
      return { code: 'overloaded', retryAfterS: 1 }
    default:
      return { code: 'log_unavailable', retryAfterS: RETRY_AFTER_S }
  }
}

/**
 * Stores the accepted records and keeps the refused ones as failed events, concurrently, within the deadline.
 * @param outcomes is filled by index
 */
export async function storeRecords(
  accepted: { readonly indexes: readonly number[]; readonly records: readonly PreparedRecord[] },
  refused: readonly KeptRefusal[],
  outcomes: Outcome[],
  options: StoreOptions,
): Promise<void> {
  const { logClient, contract, deadlineMs, nowMs, traceparent } = options
  const outgoing = accepted.records.map(({ key, value }) => toOutgoing(key, value, nowMs, traceparent))
  const [stored, kept] = await Promise.all([
    outgoing.length > 0 ? logClient.append(contract.name, outgoing, deadlineMs) : [],
    keepRefused(refused, options),
  ])
  for (const [position, result] of stored.entries()) {
    const index = accepted.indexes[position]!
    outcomes[index] = result.ok
      ? { eventId: accepted.records[position]!.eventId, partition: result.partition, offset: result.offset }
      : refusalOfLog(result.error)
  }
  for (const [position, { index, record }] of refused.entries())
    outcomes[index] = kept[position]?.ok ? record.refusal : notKept(record.refusal)
}

const toOutgoing = (
  key: Buffer,
  value: Buffer,
  timestampMs: number,
  traceparent: string | undefined,
): OutgoingRecord =>
  traceparent === undefined ? { key, value, timestampMs } : { key, value, timestampMs, traceparent }

/** The refusal of a record whose failed event could not be stored. */
export function notKept(refusal: Refusal): Refusal {
  // Its sentence has them.
  const { hint: _hint, more: _more, ...field } = refusal
  return { ...field, code: 'failed_event_not_stored', about: refusal, retryAfterS: RETRY_AFTER_S }
}

async function keepRefused(refused: readonly KeptRefusal[], options: StoreOptions): Promise<readonly AppendResult[]> {
  if (refused.length === 0) return []
  const { logClient, contract, deadlineMs, nowMs, reservation, randomId } = options
  let bytes = 0
  for (const { payload } of refused) bytes += Math.ceil(payload.length / 3) * 4 + FAILED_EVENT_BYTES
  if (!reservation.take(bytes)) return []
  const datetime = new Date(nowMs).toISOString()
  const records = refused.map(({ record, payload }) => {
    const eventId = randomId()
    const event = {
      eventId,
      datetime,
      service: 'ingest-gateway',
      stage: 'ingest',
      sink: null,
      code: record.refusal.code,
      message: detailOf(record.refusal),
      path: record.refusal.pointer ?? null,
      domain: contract.domain,
      topic: contract.name,
      partition: null,
      offset: null,
      sourceEventId: record.eventId,
      key: record.key?.toString('base64') ?? null,
      payload: payload.toString('base64'),
    } satisfies FailedEvent
    return toOutgoing(Buffer.from(eventId), Buffer.from(JSON.stringify(event)), nowMs, undefined)
  })
  return logClient.append(FAILED_EVENTS, records, deadlineMs)
}
