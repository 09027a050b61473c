import type { MartRow, MartTable } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import { CodedError } from '@millrace/runtime'

export interface RowOfRecord {
  readonly record: LogRecord
  readonly row: MartRow
}

export interface RefusedRow {
  readonly record: LogRecord
  readonly table: MartTable
  readonly error: CodedError
}

export interface WrittenRows {
  readonly refused: readonly RefusedRow[]
  /** Rows that were not written, because the retention of the table has ended for them. */
  readonly expired: number
}

/**
 * Upserts rows into one table. Where the mart refuses the data of some, halving finds them, and all others are written.
 * @throws what is not about the data: the mart is away, or something is not understood
 */
export async function writeRows(mart: Mart, table: MartTable, rows: readonly RowOfRecord[]): Promise<WrittenRows> {
  try {
    const { expired } = await mart.upsert(
      table,
      rows.map(({ row }) => row),
    )
    return { refused: [], expired }
  } catch (error) {
    if (!(error instanceof CodedError) || error.kind !== 'input') throw error
    if (rows.length === 1) return { refused: [{ record: rows[0]!.record, table, error }], expired: 0 }
    const middle = rows.length >> 1
    const first = await writeRows(mart, table, rows.slice(0, middle))
    const second = await writeRows(mart, table, rows.slice(middle))
    return { refused: [...first.refused, ...second.refused], expired: first.expired + second.expired }
  }
}
