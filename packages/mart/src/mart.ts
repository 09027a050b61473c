import type { MartRow, MartTable, MartValue } from '@millrace/contracts'

export type StoredRow = Readonly<Record<string, MartValue>>

/** Tables of results, written by idempotent upserts: whatever the order and the number of repetitions, the same rows result. */
export interface Mart {
  /** Creates missing tables and columns; refuses a table whose key differs. Calling it again changes nothing. */
  ensureTables(tables: readonly MartTable[]): Promise<void>
  /**
   * Writes rows. Of two values for one column of one row the one with the later write time stays; at equal times the outcome
   * does not depend on the order of writing. A null is "no value given" and never erases one.
   */
  upsert(table: MartTable, rows: readonly MartRow[]): Promise<void>
  /** Rows of one partition in clustering order, with the partition's static columns. */
  select(
    table: MartTable,
    partition: Readonly<Record<string, MartValue>>,
    options?: { readonly limit?: number },
  ): Promise<readonly StoredRow[]>
  /** All rows, a page at a time, in no order; partitions that hold only static columns give no row. */
  scan(table: MartTable, columns: readonly string[]): AsyncIterable<readonly StoredRow[]>
  ping(): Promise<void>
  /** Where it is, for people. */
  readonly location: string
  close(): Promise<void>
}
