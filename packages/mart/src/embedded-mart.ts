import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { MartRow, MartTable, MartValue } from '@millrace/contracts'
import { assertColumns, assertKeys, assertPartition, assertRows, perTable, rowKind } from './check-row.ts'
import { type EmbeddedMartOptions, explainSqlite, inTransaction, openForWriting } from './embedded-file.ts'
import { ensureEmbeddedTable, lackedInFile } from './embedded-schema.ts'
import { hasSql, type Part, rowPart, scanSql, selectSql, staticPart, upsertSql } from './embedded-sql.ts'
import { martError } from './errors.ts'
import type { Mart, StoredRow } from './mart.ts'

const PAGE_ROWS = 1000

const toSql = (value: MartValue | undefined): SQLInputValue =>
  value === undefined ? null : typeof value === 'boolean' ? Number(value) : value

/** Turns a row of SQLite, as an array, into a plain one. */
function rowReader(table: MartTable, columns: readonly string[]) {
  const fields = columns.map(name => ({ name, isBoolean: table.columns[name]!.type === 'boolean' }))
  return (row: readonly MartValue[]): StoredRow => {
    const values: Record<string, MartValue> = {}
    for (let index = 0; index < fields.length; index++) {
      const { name, isBoolean } = fields[index]!
      const value = row[index]!
      values[name] = isBoolean && value !== null ? value === 1 : value
    }
    return values
  }
}

interface Writer {
  readonly columns: readonly string[]
  readonly statement: StatementSync
  write(row: MartRow): void
}

function createWriter(database: DatabaseSync, table: MartTable, part: Part): Writer {
  const columns = [...part.key.map(key => key.column), ...part.columns]
  const statement = database.prepare(upsertSql(table, part))
  return {
    columns: part.columns,
    statement,
    write({ values, writeTimeMicros }) {
      const params = columns.map(name => toSql(values[name]))
      params.push(writeTimeMicros)
      statement.run(...params)
    },
  }
}

/**
 * A mart in one SQLite file, which other programs may read at the same time: each table is a view with the contract's columns.
 * @throws (also from its methods) coded errors of `martErrors`; a full disk and a locked file are retryable
 */
export function createEmbeddedMart(options: EmbeddedMartOptions): Mart {
  const { file } = options
  const database = openForWriting(options)
  const writersOf = perTable(table => {
    const fixed = staticPart(table)
    return {
      row: createWriter(database, table, rowPart(table)),
      static: fixed ? createWriter(database, table, fixed) : null,
    }
  })

  /** Runs what SQLite may refuse; never answers after `close`. */
  function guard<T>(work: () => T, table?: MartTable): T {
    if (!database.isOpen) throw martError('mart_closed', { where: file })
    try {
      return work()
    } catch (error) {
      throw explainSqlite(error, file, table?.name)
    }
  }

  function write(table: MartTable, row: MartRow): void {
    const writers = writersOf(table)
    if (rowKind(table, row) === 'row') writers.row.write(row)
    if (writers.static?.columns.some(name => (row.values[name] ?? null) !== null)) writers.static.write(row)
  }

  return {
    location: file,
    async ensureTables(tables) {
      const made: string[] = []
      guard(() =>
        inTransaction(database, () => {
          for (const table of tables) made.push(...ensureEmbeddedTable(database, table, file))
        }),
      )
      return made
    },
    async lacks(tables) {
      return guard(() => tables.flatMap(table => lackedInFile(database, table, file)))
    },
    async upsert(table, rows) {
      assertRows(table, rows)
      if (rows.length === 0) return
      guard(
        () =>
          inTransaction(database, () => {
            for (const row of rows) write(table, row)
          }),
        table,
      )
    },
    async select(table, partition, { limit = -1 } = {}) {
      assertPartition(table, partition)
      return guard(() => {
        const statement = database.prepare(selectSql(table))
        statement.setReturnArrays(true)
        const key = table.partitionKey.map(name => toSql(partition[name]))
        const rows = statement.all(...key, limit) as unknown as MartValue[][]
        return rows.map(rowReader(table, Object.keys(table.columns)))
      }, table)
    },
    async has(table, rows) {
      assertKeys(table, rows)
      return guard(() => {
        const stored = database.prepare(hasSql(rowPart(table)))
        const fixed = staticPart(table)
        const fixedColumns = fixed?.columns ?? []
        const storedFixed = fixed && database.prepare(hasSql(fixed))
        return rows.map(({ values }) => {
          const isRow = rowKind(table, { values }) === 'row'
          const part = isRow ? rowPart(table) : fixed
          const found = (isRow ? stored : storedFixed)?.get(
            ...(part?.key ?? []).map(({ column }) => toSql(values[column])),
          )
          const given = isRow ? [] : fixedColumns.filter(name => (values[name] ?? null) !== null)
          return found !== undefined && given.every(name => found[name] !== null)
        })
      }, table)
    },
    async *scan(table, columns) {
      assertColumns(table, columns)
      const read = rowReader(table, columns)
      // A connection of its own sees one state of the file throughout, whatever is written meanwhile.
      const reader = guard(() => new DatabaseSync(file, { readOnly: true }), table)
      try {
        const statement = guard(() => reader.prepare(scanSql(table, columns)), table)
        statement.setReturnArrays(true)
        const rows = statement.iterate() as unknown as Iterator<MartValue[]>
        for (;;) {
          const page = guard(() => readPage(rows, read), table)
          if (page.length > 0) yield page
          if (page.length < PAGE_ROWS) return
        }
      } finally {
        reader.close()
      }
    },
    async ping() {
      guard(() => database.prepare('SELECT 1').get())
    },
    async close() {
      if (database.isOpen) database.close()
    },
  }
}

function readPage(rows: Iterator<MartValue[]>, read: (row: MartValue[]) => StoredRow): StoredRow[] {
  const page: StoredRow[] = []
  while (page.length < PAGE_ROWS) {
    const { value, done } = rows.next()
    if (done) break
    page.push(read(value))
  }
  return page
}
