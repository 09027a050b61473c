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

/**
 * Upserts rows into one table. Where the mart refuses the data of some, halving finds them, and all others are written.
 * @returns the refused rows
 * @throws what is not about the data: the mart is away, or something is not understood
 */
export async function writeRows(mart: Mart, table: MartTable, rows: readonly RowOfRecord[]): Promise<RefusedRow[]> {
  try {
    await mart.upsert(
      table,
      rows.map(({ row }) => row),
    )
    return []
  } catch (error) {
    if (!(error instanceof CodedError) || error.kind !== 'input') throw error
    if (rows.length === 1) return [{ record: rows[0]!.record, table, error }]
    const middle = rows.length >> 1
    const refused = await writeRows(mart, table, rows.slice(0, middle))
    return [...refused, ...(await writeRows(mart, table, rows.slice(middle)))]
  }
}
