import type { CodedError } from '@millrace/runtime'
import type { SimulatedRecord } from './actor.ts'

/** The sink judged the record and will never take it. */
export interface Refusal {
  readonly kind: 'refused'
  /** Stable word for counting, e.g. `invalid_record`. */
  readonly code: string
  readonly message: string
}

/** Nobody knows whether the record is stored; the sink has given up on it. */
export interface Unanswered {
  readonly kind: 'unanswered'
  readonly error: CodedError
}

/** Null when the record is acknowledged. */
export type WriteResult = null | Refusal | Unanswered

/** What a sink needs to know of a record. */
export type SinkRecord = Pick<SimulatedRecord, 'topic' | 'key' | 'value'>

/** Where a simulation sends its records. */
export interface EventSink<Record extends SinkRecord = SimulatedRecord> {
  readonly name: string
  /** Whether records of this topic are wanted here; a run passes over the others, and over none when this is absent. */
  accepts?(topic: string): boolean
  /**
   * Most virtual time, ms, that all records without an answer may span together. A sink that may store them in another order
   * names it, so that none is stored further than this behind a later one; absent where the order of the run is kept.
   */
  readonly maxInFlightSpanMs?: number
  /**
   * Sends the records, keeping the order of those with one key also across calls, and resolves with one result per record.
   * Calls may overlap. Never rejects; when `giveUp` aborts it stops trying and answers `unanswered`. After an `unanswered`
   * record no later record of its key is sent, so a run must end there.
   */
  write(records: readonly Record[], giveUp: AbortSignal): Promise<readonly WriteResult[]>
  /** Writes out what is buffered and releases what is held; called once, after all writes have resolved. */
  close(): Promise<void>
}
