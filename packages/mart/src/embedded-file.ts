import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, CodedError, makeDirectorySync } from '@millrace/runtime'
import { IS_NEGATIVE_ZERO } from './embedded-sql.ts'
import { martError, type martErrors } from './errors.ts'
import type { MartRetention } from './retention.ts'

export interface EmbeddedMartOptions {
  /** The SQLite file; it and its folder are made where they are missing. */
  readonly file: string
  /** Most bytes that the file may take; past them writes fail as on a full disk. Without it only the disk limits. */
  readonly maxBytes?: number
  /** How long a write waits for another program that holds the file; the process stands still meanwhile. */
  readonly lockTimeoutMs?: number
  /** Takes a file that is there and never writes to it, so that it can be looked at while another program writes. */
  readonly readOnly?: boolean
  /** How long rows are kept. */
  readonly retention?: MartRetention
  readonly clock?: Clock
}

/** Primary result codes of SQLite, https://sqlite.org/rescode.html */
const byResult = new Map<number, keyof typeof martErrors>([
  [5, 'mart_locked'],
  [6, 'mart_locked'],
  [8, 'mart_unusable'],
  [10, 'mart_io_failed'],
  [11, 'mart_unusable'],
  [13, 'mart_disk_full'],
  [14, 'mart_unusable'],
  [18, 'row_refused'],
  [26, 'mart_unusable'],
])

/** What an error of SQLite means to the caller: a coded error, or the error itself where it is not understood. */
export function explainSqlite(error: unknown, where: string, table = 'unknown'): unknown {
  if (error instanceof CodedError || !(error instanceof Error)) return error
  const { errcode } = error as Error & { errcode?: number }
  if (errcode === undefined) return error
  const missing = /no such table: _?(\S+)/.exec(error.message)
  if (missing) return martError('unknown_table', { where, table: missing[1] }, error)
  const code = byResult.get(errcode & 0xff)
  return code ? martError(code, { where, table, reason: error.message }, error) : error
}

/** Opens the file; for writing with every acknowledged transaction on the disk. */
export function openDatabase(options: EmbeddedMartOptions): DatabaseSync {
  const { file, maxBytes, lockTimeoutMs = 500, readOnly = false } = options
  let database: DatabaseSync | undefined
  try {
    if (!readOnly) makeDirectorySync(path.dirname(file))
    database = new DatabaseSync(file, { readOnly, timeout: lockTimeoutMs })
    // SQLite looks into a file only when it has to; now a wrong one is found.
    if (readOnly) database.exec('SELECT count(*) FROM sqlite_schema')
    else database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    if (maxBytes !== undefined) {
      const { page_size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / page_size))}`)
    }
  } catch (error) {
    database?.close()
    const { errcode, message } = error as Error & { errcode?: number }
    throw errcode === undefined
      ? martError('mart_unusable', { where: file, reason: message }, error)
      : explainSqlite(error, file)
  }
  database.function(IS_NEGATIVE_ZERO, { deterministic: true }, value => (Object.is(value, -0) ? 1 : 0))
  return database
}

/** Runs `work` in one transaction, which is undone when it throws. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    // A full disk has ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
