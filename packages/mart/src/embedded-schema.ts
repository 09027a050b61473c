import type { DatabaseSync } from 'node:sqlite'
import type { MartTable } from '@millrace/contracts'
import {
  addColumnSql,
  addEndSql,
  createPartSql,
  END_COLUMN,
  endIndexSql,
  type Part,
  rowPart,
  sqlName,
  staticPart,
  viewSql,
} from './embedded-sql.ts'
import { columnLabel, contractColumns, missingColumns, type StoredColumn, tableLabel } from './stored-table.ts'

const hasTable = (database: DatabaseSync, name: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined

function storedColumns(database: DatabaseSync, table: MartTable): StoredColumn[] | null {
  if (!hasTable(database, '_tables')) return null
  const found = database.prepare('SELECT columns FROM _tables WHERE name = ?').get(table.name)
  return found ? JSON.parse(String(found.columns)) : null
}

/** What is missing for one contract's table, as the port's `lacks` names it. */
export function lackedInFile(database: DatabaseSync, table: MartTable, where: string): string[] {
  const stored = storedColumns(database, table)
  if (stored === null) return [tableLabel(table)]
  return missingColumns(table, stored, where).map(column => columnLabel(table, column))
}

/** Whether a stored table has a place for the ends of its rows; one of an earlier version has none. */
export const hasEndColumn = (database: DatabaseSync, { name }: Part): boolean =>
  database.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(name, END_COLUMN) !== undefined

/** Creates or widens the stored tables and the view of one contract's table; to be run in a transaction. */
export function ensureEmbeddedTable(database: DatabaseSync, table: MartTable, where: string): string[] {
  database.exec('CREATE TABLE IF NOT EXISTS _tables (name TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID')
  const lacked = lackedInFile(database, table, where)
  const stored = storedColumns(database, table)
  const missing = stored ? missingColumns(table, stored, where) : []
  const fixed = staticPart(table)
  const parts = fixed ? [rowPart(table), fixed] : [rowPart(table)]
  for (const part of parts) {
    if (!hasTable(database, part.name)) database.exec(createPartSql(table, part))
    else
      for (const column of part.columns.filter(name => missing.includes(name)))
        for (const sql of addColumnSql(table, part, column)) database.exec(sql)
    if (!hasEndColumn(database, part)) database.exec(addEndSql(part))
    database.exec(endIndexSql(part))
  }
  if (stored === null || missing.length > 0) {
    const added = contractColumns(table).filter(column => !stored || missing.includes(column.name))
    database
      .prepare('INSERT OR REPLACE INTO _tables (name, columns) VALUES (?, ?)')
      .run(table.name, JSON.stringify([...(stored ?? []), ...added]))
  }
  ensureView(database, table)
  return lacked
}

function ensureView(database: DatabaseSync, table: MartTable): void {
  const wanted = viewSql(table)
  const found = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?").get(table.name)
  if (found?.sql === wanted) return
  database.exec(`DROP VIEW IF EXISTS ${sqlName(table.name)}`)
  database.exec(wanted)
}
