/** What one topic holds, counted by distinct event id, and what broke a guarantee. Null: the topic has no such place, or no ledger was given. */
export interface TopicReport {
  /** Ids that senders know to be acknowledged. */
  readonly accepted: number | null
  readonly log: number
  readonly lake: number | null
  /** Events that have their record in each topic that has one record for every event of this one. */
  readonly derived: number | null
  /** Events with all their rows, of their own or of the records that were derived from them. */
  readonly mart: number | null
  /** Ids that a stage behind the log put into failed-events. */
  readonly failed: number
  /** Events of which the mart has a row no longer, because the retention of its table has ended. */
  readonly expired: number | null
  /** Rows in the lake's quarantine folder: their event time is implausible. */
  readonly quarantined: number
  /** Acknowledged but not in the log, in the log but not (or not equal) in the lake, without derived record, or without rows; and not failed. */
  readonly missing: number
  /** Offsets stored twice in the lake, ids stored twice in a mart table. */
  readonly duplicate: number
  /** In the lake under an offset that the log does not have. */
  readonly unexpected: number
  /** Records in the log that carry an id which is there already: what senders sent again, and what was derived from it once more after its id was forgotten. Null: a newer record of an id replaces the older one. */
  readonly repeats: number | null
  /** Offsets that retention took before they were archived. */
  readonly gaps: number
  /** Records of people who were erased: neither in the lake nor in tables of people. */
  readonly erased: number
}

/** Whether every event of a topic is in a table of aggregates, late or failed. */
export interface ConservationReport {
  /** Distinct events of the topic. */
  readonly source: number
  /** Events that the rows of the table hold. */
  readonly counted: number
  /** Events that came too late to be counted. */
  readonly late: number
  /** Events that the aggregating service could not process. */
  readonly failed: number
  /** Events so old that the retention of the table may have ended for their rows: so many may be in none of them. */
  readonly expired: number
  /**
   * Above 0: so many events are in none of them; below 0: so many are in more than one. Null: retention removed records that only
   * the log had, so that it is not known.
   */
  readonly difference: number | null
}

export interface ReconcileReport {
  readonly topics: Readonly<Record<string, TopicReport>>
  /** By name of the raw topic; `<topic>/<table>` for further rules of the same topic. */
  readonly conservation: Readonly<Record<string, ConservationReport>>
  /** Records that the gateway answered with a refusal and kept. */
  readonly refused: number
  /** Erasures of people: those that are complete, and those that were broken off. */
  readonly erasures: { readonly complete: number; readonly begun: number }
  /** Over the sorted, distinct, canonical payloads in the lake: equal for equal runs. */
  readonly digest: string
  /** The same for each domain by itself. */
  readonly digests: Readonly<Record<string, string>>
  /** Up to twenty sentences, each naming one thing that is wrong. */
  readonly examples: readonly string[]
  readonly ok: boolean
}
