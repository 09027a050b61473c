import type { ConservationReport } from './conservation.ts'

/** What one topic holds, counted by distinct event id, and what broke a guarantee. Null: the topic has no such sink, or no ledger was given. */
export interface TopicReport {
  /** Ids that senders know to be acknowledged. */
  readonly accepted: number | null
  readonly log: number
  readonly lake: number | null
  /** Events that have their record in the topic that has one for each of them. */
  readonly derived: number | null
  readonly mart: number | null
  /** Ids that a stage behind the log put into failed-events. */
  readonly failed: number
  /** Acknowledged but not in the log, in the log but not (or not equal) in the lake, without their derived record, or neither in the mart nor failed. */
  readonly missing: number
  /** Offsets stored twice in the lake, ids stored twice in a mart table. */
  readonly duplicate: number
  /** In the lake under an offset that the log does not have. */
  readonly unexpected: number
  /** Records in the lake whose event time is implausible: they are in the quarantine folder and not in one of an hour. */
  readonly quarantined: number
  /** Records in the log that carry an id which is there already: retries of senders. */
  readonly repeats: number
  /** Offsets that retention took before they were archived. */
  readonly gaps: number
}

export interface ReconcileReport {
  readonly topics: Readonly<Record<string, TopicReport>>
  /** By raw topic: whether its aggregates hold its events. */
  readonly conservation: Readonly<Record<string, ConservationReport>>
  /** Records that the gateway answered with a refusal and kept. */
  readonly refused: number
  /** Over the sorted, distinct, canonical payloads in the lake: equal for equal runs. */
  readonly digest: string
  /** The same for each domain. */
  readonly digests: Readonly<Record<string, string>>
  /** Up to twenty sentences, each naming one thing that is wrong. */
  readonly examples: readonly string[]
  readonly ok: boolean
}
