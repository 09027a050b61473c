import type { MartMapping, MartTable, Measure, Topic } from '@millrace/contracts'
import type { Mart } from '@millrace/mart'
import { CodedError, type Logger } from '@millrace/runtime'
import { deadLetter, type FailedRecord, failedRecord, type PartitionProcessor } from '@millrace/stream'
import { martWriterError } from '../errors.ts'
import type { MartWriterMetrics, MeasureCounter } from '../metrics.ts'
import { mapRows } from './map-rows.ts'
import { EventMeasures } from './measure-events.ts'
import { type RefusedRow, type RowOfRecord, writeRows } from './write-rows.ts'

export interface WritePartitionOptions {
  readonly mart: Mart
  readonly metrics?: MartWriterMetrics
  /** What is counted of the events. */
  readonly measures?: readonly Measure[]
  readonly addMeasured?: MeasureCounter
  readonly logger?: Logger
}

const AT_SINK = { stage: 'sink', sink: 'mart' } as const

function failedRefusal({ record, table, error }: RefusedRow): FailedRecord {
  const { code, message } = martWriterError('refused_by_mart', { table: table.name, reason: error.message })
  const { eventId } = JSON.parse(record.value.toString())
  return failedRecord(record, deadLetter(code, message, { sourceEventId: String(eventId) }), AT_SINK)
}

/** Writes the records of one partition: what `process` returns is in the mart, in every table of its topic, or failed. */
export function createPartitionWriter(
  contract: Topic,
  mappings: readonly MartMapping[],
  { mart, metrics, measures = [], addMeasured = () => {}, logger }: WritePartitionOptions,
): PartitionProcessor {
  const topic = contract.name
  const toRows = mapRows(contract, mappings)

  async function write(table: MartTable, rows: readonly RowOfRecord[]): Promise<readonly RefusedRow[]> {
    const labels = { table: table.name }
    const stopTimer = metrics?.upsertDuration.startTimer(labels)
    try {
      const { refused, expired } = await writeRows(mart, table, rows)
      metrics?.rowsWritten.inc(labels, rows.length - refused.length - expired)
      if (expired > 0) metrics?.rowsExpired.inc(labels, expired)
      if (refused.length > 0) metrics?.rowsRefused.inc(labels, refused.length)
      return refused
    } catch (error) {
      metrics?.upsertsFailed.inc({ ...labels, reason: error instanceof CodedError ? error.code : 'unknown' })
      throw error
    } finally {
      stopTimer?.()
    }
  }

  return {
    async open({ partition, committed, earliest }) {
      const next = committed?.offset ?? earliest
      if (next < earliest) {
        logger?.error({ topic, partition, from: next, to: earliest }, 'records_expired_before_they_were_written')
      }
      const readFrom = Math.max(next, earliest)
      return { readFrom, publishFrom: readFrom }
    },
    async process(records) {
      const failed: FailedRecord[] = []
      const byTable = new Map<MartTable, RowOfRecord[]>()
      const measured = new EventMeasures(measures)
      for (const record of records) {
        const result = toRows(record, record)
        if (result.kind === 'dead-letter') failed.push(failedRecord(record, result, AT_SINK))
        if (result.kind !== 'ok') continue
        measured.note(result.value.event)
        for (const { table, row } of result.value.rows) {
          const rows = byTable.get(table)
          if (rows) rows.push({ record, row })
          else byTable.set(table, [{ record, row }])
        }
      }
      // All are waited for, so that none of this attempt is still under way when the next begins.
      const outcomes = await Promise.allSettled([...byTable].map(([table, rows]) => write(table, rows)))
      const refused = new Map<number, RefusedRow>()
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') throw outcome.reason
        for (const row of outcome.value) refused.set(row.record.offset, row)
      }
      failed.push(...[...refused.values()].map(failedRefusal))
      measured.addTo(addMeasured)
      return { emits: [], failed, done: records.at(-1)!.offset + 1 }
    },
  }
}
