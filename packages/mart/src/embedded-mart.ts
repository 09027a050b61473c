import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { MartRow, MartTable, MartValue } from '@millrace/contracts'
import { systemClock } from '@millrace/runtime'
import { assertColumns, assertKeys, assertPartition, assertRows, perTable, rowKind } from './check-row.ts'
import { EmbeddedDeletions, toSql } from './embedded-deletions.ts'
import { type EmbeddedMartOptions, explainSqlite, inTransaction, openDatabase } from './embedded-file.ts'
import { ensureEmbeddedTable, hasEndColumn, lackedInFile } from './embedded-schema.ts'
import {
  anyEndSql,
  type Found,
  hasSql,
  type Part,
  rowPart,
  scanSql,
  selectSql,
  staticPart,
  sweepSql,
  upsertSql,
  writeTimeSql,
} from './embedded-sql.ts'
import { martError } from './errors.ts'
import type { Mart, StoredRow } from './mart.ts'
import { keptRows, rowEndMs } from './retention.ts'

const PAGE_ROWS = 1000
const SWEEP_EVERY_MS = 60_000
/** Rows of a table that one sweep removes at most: the writes behind it wait. */
const MOST_SWEPT = 10_000

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
  write(row: MartRow, endMs: number | null): void
}

function createWriter(database: DatabaseSync, table: MartTable, part: Part): Writer {
  const columns = [...part.key.map(key => key.column), ...part.columns]
  const statement = database.prepare(upsertSql(table, part))
  return {
    columns: part.columns,
    statement,
    write({ values, writeTimeMicros }, endMs) {
      const params = columns.map(name => toSql(values[name]))
      params.push(writeTimeMicros, endMs)
      statement.run(...params)
    },
  }
}

/**
 * A mart in one SQLite file, which other programs may read at the same time: each table is a view with the contract's columns.
 * @throws (also from its methods) coded errors of `martErrors`; a full disk and a locked file are retryable
 */
export function createEmbeddedMart(options: EmbeddedMartOptions): Mart {
  const { file, retention = new Map(), clock = systemClock } = options
  const database = openDatabase(options)
  const deletions = new EmbeddedDeletions(database)
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
    const endMs = rowEndMs(retention.get(table.name), table, row)
    if (rowKind(table, row) === 'row' && !deletions.covers(rowPart(table), row)) writers.row.write(row, endMs)
    const fixed = staticPart(table)
    if (!fixed || !writers.static?.columns.some(name => (row.values[name] ?? null) !== null)) return
    if (!deletions.covers(fixed, row)) writers.static.write(row, endMs)
  }

  /** Which rows to look for, and the parameter that says it: without ends there is nothing to leave out. */
  function found(part: Part, inFile = database): { readonly found: Found; readonly params: readonly number[] } {
    const hasEnds = hasEndColumn(inFile, part) && inFile.prepare(anyEndSql(part)).get() !== undefined
    return hasEnds ? { found: 'kept', params: [clock.now()] } : { found: 'all', params: [] }
  }

  const known = new Set<MartTable>()
  let sweptMs = Number.NEGATIVE_INFINITY

  /** Removes rows whose retention has ended, now and then; to be run in a transaction. */
  function sweep(): void {
    const nowMs = clock.now()
    if (nowMs - sweptMs < SWEEP_EVERY_MS) return
    for (const table of known)
      for (const part of [rowPart(table), staticPart(table)])
        if (part) database.prepare(sweepSql(part)).run(nowMs, MOST_SWEPT)
    sweptMs = nowMs
  }

  return {
    location: file,
    async ensureTables(tables) {
      const made: string[] = []
      guard(() =>
        inTransaction(database, () => {
          for (const table of tables) made.push(...ensureEmbeddedTable(database, table, file))
          for (const table of tables) known.add(table)
          sweep()
        }),
      )
      return made
    },
    async lacks(tables) {
      return guard(() => tables.flatMap(table => lackedInFile(database, table, file)))
    },
    async upsert(table, rows) {
      assertRows(table, rows)
      const kept = keptRows(retention, table, { rows, nowMs: clock.now() })
      if (kept.length > 0)
        guard(
          () =>
            inTransaction(database, () => {
              deletions.refresh(table)
              for (const row of kept) write(table, row)
              sweep()
            }),
          table,
        )
      return { expired: rows.length - kept.length }
    },
    retentionMs: ({ name }) => retention.get(name) ?? null,
    async select(table, partition, { limit = -1 } = {}) {
      assertPartition(table, partition)
      return guard(() => {
        const kept = found(rowPart(table))
        const statement = database.prepare(selectSql(table, kept.found))
        statement.setReturnArrays(true)
        const key = table.partitionKey.map(name => toSql(partition[name]))
        const rows = statement.all(...key, ...kept.params, limit) as unknown as MartValue[][]
        return rows.map(rowReader(table, Object.keys(table.columns)))
      }, table)
    },
    async has(table, rows) {
      assertKeys(table, rows)
      return guard(() => {
        const lookUp = (part: Part) => {
          const kept = found(part)
          const statement = database.prepare(hasSql(part, kept.found))
          return ({ values }: Pick<MartRow, 'values'>) =>
            statement.get(...part.key.map(({ column }) => toSql(values[column])), ...kept.params)
        }
        const stored = lookUp(rowPart(table))
        const fixed = staticPart(table)
        const storedFixed = fixed && lookUp(fixed)
        return rows.map(row => {
          const isRow = rowKind(table, row) === 'row'
          const there = isRow ? stored(row) : storedFixed?.(row)
          const given = isRow ? [] : (fixed?.columns ?? []).filter(name => (row.values[name] ?? null) !== null)
          return there !== undefined && given.every(name => there[name] !== null)
        })
      }, table)
    },
    async writeTimes(table, rows) {
      assertKeys(table, rows)
      return guard(
        () =>
          rows.map(row => {
            const part = rowKind(table, row) === 'row' ? rowPart(table) : staticPart(table)
            const key = (part?.key ?? []).map(({ column }) => toSql(row.values[column]))
            if (!part) return null
            const kept = found(part)
            const stored = database.prepare(writeTimeSql(part, kept.found)).get(...key, ...kept.params)
            return stored ? Number(stored.time) : null
          }),
        table,
      )
    },
    async delete(table, rows) {
      assertRows(table, rows)
      if (rows.length === 0) return
      guard(() => {
        // What is deleted is overwritten, in the file and in its write-ahead log.
        database.exec('PRAGMA secure_delete = ON')
        try {
          inTransaction(database, () => {
            for (const row of rows) {
              const part = rowKind(table, row) === 'row' ? rowPart(table) : staticPart(table)
              if (part) deletions.delete(part, row)
            }
          })
          database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        } catch (error) {
          deletions.forget()
          throw error
        } finally {
          database.exec('PRAGMA secure_delete = OFF')
        }
      }, table)
    },
    async *scan(table, columns) {
      assertColumns(table, columns)
      const read = rowReader(table, columns)
      // A connection of its own sees one state of the file throughout, whatever is written meanwhile.
      const reader = guard(() => new DatabaseSync(file, { readOnly: true }), table)
      try {
        const kept = guard(() => found(rowPart(table), reader), table)
        const statement = guard(() => reader.prepare(scanSql(table, columns, kept.found)), table)
        statement.setReturnArrays(true)
        const rows = statement.iterate(...kept.params) as unknown as Iterator<MartValue[]>
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
      if (!database.isOpen) return
      // Pages may hold copies of what was deleted from before it was.
      if (deletions.areNew) guard(() => database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'))
      database.close()
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
