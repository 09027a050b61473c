import type { DatabaseSync } from 'node:sqlite'
import type { MartTable } from '@millrace/contracts'
import { addColumnSql, createPartSql, rowPart, sqlName, staticPart, viewSql } from './embedded-sql.ts'
import { contractColumns, missingColumns, type StoredColumn } from './stored-table.ts'

/** Creates or widens the stored tables and the view of one contract's table; to be run in a transaction. */
export function ensureEmbeddedTable(database: DatabaseSync, table: MartTable, where: string): void {
  database.exec('CREATE TABLE IF NOT EXISTS _tables (name TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID')
  const found = database.prepare('SELECT columns FROM _tables WHERE name = ?').get(table.name)
  const stored: StoredColumn[] | null = found ? JSON.parse(String(found.columns)) : null
  const missing = stored ? missingColumns(table, stored, where) : []
  const fixed = staticPart(table)
  const parts = fixed ? [rowPart(table), fixed] : [rowPart(table)]
  for (const part of parts) {
    const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(part.name)
    if (!exists) database.exec(createPartSql(table, part))
    else
      for (const column of part.columns.filter(name => missing.includes(name)))
        for (const sql of addColumnSql(table, part, column)) database.exec(sql)
  }
  if (stored === null || missing.length > 0) {
    const added = contractColumns(table).filter(column => !stored || missing.includes(column.name))
    database
      .prepare('INSERT OR REPLACE INTO _tables (name, columns) VALUES (?, ?)')
      .run(table.name, JSON.stringify([...(stored ?? []), ...added]))
  }
  ensureView(database, table)
}

function ensureView(database: DatabaseSync, table: MartTable): void {
  const wanted = viewSql(table)
  const found = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?").get(table.name)
  if (found?.sql === wanted) return
  database.exec(`DROP VIEW IF EXISTS ${sqlName(table.name)}`)
  database.exec(wanted)
}
