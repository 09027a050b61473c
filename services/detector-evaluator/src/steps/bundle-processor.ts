import type { Topic } from '@millrace/contracts'
import { type AlertRow, type EvaluationInput, type LabelRow, lol, type ScoreRow } from '@millrace/domains/lol/contract'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  emitEvent,
  type FailedRecord,
  failedRecord,
  type PartitionProcessor,
  type ProcessResult,
} from '@millrace/stream'
import { type Row, rowReaderOf } from './read-rows.ts'

/** Rows in one record: it stays far below the largest record that is stored. */
const MOST_ROWS = 1_000

/** Rows of one player. */
class Bundle {
  readonly scores: ScoreRow[] = []
  readonly alerts: AlertRow[] = []
  readonly labels: LabelRow[] = []
  readonly account: string
  #newestMs = Number.NEGATIVE_INFINITY

  constructor(account: string) {
    this.account = account
  }

  get isFull(): boolean {
    return this.scores.length + this.alerts.length + this.labels.length >= MOST_ROWS
  }

  add(row: Row['row']): void {
    if ('score' in row) this.#add(this.scores, row.score)
    else if ('alert' in row) this.#add(this.alerts, row.alert)
    else this.#add(this.labels, row.label)
  }

  #add<Each extends { readonly atMs: number }>(rows: Each[], row: Each): void {
    rows.push(row)
    this.#newestMs = Math.max(this.#newestMs, row.atMs)
  }

  toEvent(): EvaluationInput {
    const { account, scores, alerts, labels } = this
    return { account, datetime: new Date(this.#newestMs).toISOString(), scores, alerts, labels }
  }
}

/**
 * Puts the records of one partition into lol.evaluation-inputs, those of a player that are read together as one. It has no state; what
 * is published again after a crash carries the same offsets, by which it is known.
 */
export class BundleProcessor implements PartitionProcessor {
  readonly #read

  constructor(topic: Topic) {
    this.#read = rowReaderOf(topic)
  }

  async open({ committed, earliest }: Assignment) {
    const next = Math.max(earliest, committed?.offset ?? earliest)
    return { readFrom: next, publishFrom: next }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    const bundles: Bundle[] = []
    const newest = new Map<string, Bundle>()
    const failed: FailedRecord[] = []
    for (const record of records) {
      const read = this.#read(record)
      if (read.kind === 'dead-letter') failed.push(failedRecord(record, read))
      if (read.kind !== 'ok') continue
      const { account, row } = read.value
      let bundle = newest.get(account)
      if (!bundle || bundle.isFull) {
        bundle = new Bundle(account)
        bundles.push(bundle)
        newest.set(account, bundle)
      }
      bundle.add(row)
    }
    const emits = bundles.map(bundle => emitEvent(lol.topics.evaluationInputs, bundle.toEvent()))
    return { emits, failed, done: records.at(-1)!.offset + 1 }
  }
}
