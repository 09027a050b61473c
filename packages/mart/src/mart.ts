import type { MartRow, MartTable, MartValue } from '@millrace/contracts'

export type StoredRow = Readonly<Record<string, MartValue>>

/** Tables of results, written by idempotent upserts: whatever the order and the number of repetitions, the same rows result. */
export interface Mart {
  /**
   * Creates missing tables and columns, and sets the retention of the tables; refuses a table whose key differs. Calling it again changes nothing.
   * @returns what was missing and is there now, as `lacks` names it, and `retention of table <name>` where that was another one
   */
  ensureTables(tables: readonly MartTable[]): Promise<readonly string[]>
  /**
   * What is missing for these tables, creating nothing: `keyspace <name>`, `table <name>`, `column <table>.<name>`. Refuses a
   * table whose key differs.
   */
  lacks(tables: readonly MartTable[]): Promise<readonly string[]>
  /**
   * Writes rows. Of two values for one column of one row the one with the later write time stays; at equal times the outcome
   * does not depend on the order of writing. A null is "no value given" and never erases one.
   * @returns how many rows were not written because the retention of the table has ended for them
   */
  upsert(table: MartTable, rows: readonly MartRow[]): Promise<{ readonly expired: number }>
  /** How long rows of a table are kept, in ms from the time of each row (`rowEndMs`); null: for ever. */
  retentionMs(table: MartTable): number | null
  /** Rows of one partition in clustering order, with the partition's static columns. */
  select(
    table: MartTable,
    partition: Readonly<Record<string, MartValue>>,
    options?: { readonly limit?: number },
  ): Promise<readonly StoredRow[]>
  /**
   * Whether each of these rows is stored, found by its whole key; other columns do not matter. A row without clustering columns
   * is there when its partition has a value for each of the static columns that it gives.
   */
  has(table: MartTable, rows: readonly Pick<MartRow, 'values'>[]): Promise<readonly boolean[]>
  /** All rows, a page at a time, in no order; partitions that hold only static columns give no row. */
  scan(table: MartTable, columns: readonly string[]): AsyncIterable<readonly StoredRow[]>
  /**
   * The write time of the newest value of each of these rows, found by its whole key; null where it is not stored. A row without
   * clustering columns stands for the static columns of its partition.
   */
  writeTimes(table: MartTable, rows: readonly Pick<MartRow, 'values'>[]): Promise<readonly (number | null)[]>
  /**
   * Deletes rows by their whole key: every value that was written at the row's `writeTimeMicros` or before is gone, also when it is written
   * once more; what is written later stays. A row without clustering columns stands for the static columns of its partition.
   */
  delete(table: MartTable, rows: readonly MartRow[]): Promise<void>
  ping(): Promise<void>
  /** Where it is, for people. */
  readonly location: string
  close(): Promise<void>
}
