import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { MartRow, MartTable, MartValue } from '@millrace/contracts'
import { deleteSql, forgetSql, type Part, rowPart, staticPart, writeTimeSql } from './embedded-sql.ts'

/** A value as SQLite stores it. */
export const toSql = (value: MartValue | undefined): SQLInputValue =>
  value === undefined ? null : typeof value === 'boolean' ? Number(value) : value

/**
 * Rows that were deleted, with the write time up to which they stay so: the tombstones of Cassandra. They are known by a salted hash of their
 * key, so that what was deleted is in no row of the file.
 */
export class EmbeddedDeletions {
  readonly #database: DatabaseSync
  #salt: Buffer | undefined
  /** Whether this process has deleted rows. */
  areNew = false
  /** Stored tables with a deleted row. */
  readonly #parts = new Set<string>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Takes note of what was deleted from a table, before rows are written; to be called in the transaction of the writes. */
  refresh(table: MartTable): void {
    const stored = this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_deleted'").get()
    if (!stored) return
    this.#salt ??= Buffer.from(this.#database.prepare('SELECT salt FROM _deleted_salt').get()!.salt as Uint8Array)
    for (const part of [rowPart(table), staticPart(table)])
      if (part && this.#database.prepare('SELECT 1 FROM _deleted WHERE part = ? LIMIT 1').get(part.name))
        this.#parts.add(part.name)
  }

  /** Reads everything anew next time: a transaction was undone. */
  forget(): void {
    this.#salt = undefined
    this.#parts.clear()
  }

  /** Whether a write comes too late for a row that was deleted. */
  covers(part: Part, row: MartRow): boolean {
    if (!this.#parts.has(part.name)) return false
    const found = this.#database
      .prepare('SELECT "@" AS time FROM _deleted WHERE part = ? AND key = ?')
      .get(part.name, this.#hashOf(part, row))
    return found !== undefined && row.writeTimeMicros <= Number(found.time)
  }

  /** Deletes what a row has up to its write time; to be called in a transaction. */
  delete(part: Part, row: MartRow): void {
    this.#ensureTables()
    const key = part.key.map(({ column }) => toSql(row.values[column]))
    const found = this.#database.prepare(writeTimeSql(part, 'all')).get(...key)
    if (found && Number(found.time) <= row.writeTimeMicros) this.#database.prepare(deleteSql(part)).run(...key)
    const forget = forgetSql(part)
    if (found && Number(found.time) > row.writeTimeMicros && forget !== null)
      this.#database.prepare(forget).run(...part.columns.map(() => row.writeTimeMicros), ...key)
    this.#database
      .prepare(
        'INSERT INTO _deleted (part, key, "@") VALUES (?, ?, ?) ON CONFLICT (part, key) DO UPDATE SET "@" = max("@", excluded."@")',
      )
      .run(part.name, this.#hashOf(part, row), row.writeTimeMicros)
    this.#parts.add(part.name)
    this.areNew = true
  }

  #ensureTables(): void {
    if (this.#salt) return
    this.#database.exec(
      'CREATE TABLE IF NOT EXISTS _deleted (part TEXT, key BLOB, "@" INTEGER NOT NULL, PRIMARY KEY (part, key)) WITHOUT ROWID',
    )
    this.#database.exec('CREATE TABLE IF NOT EXISTS _deleted_salt (salt BLOB NOT NULL)')
    const stored = this.#database.prepare('SELECT salt FROM _deleted_salt').get()
    if (stored) this.#salt = Buffer.from(stored.salt as Uint8Array)
    else {
      this.#salt = randomBytes(16)
      this.#database.prepare('INSERT INTO _deleted_salt (salt) VALUES (?)').run(this.#salt)
    }
  }

  #hashOf(part: Part, { values }: MartRow): Buffer {
    const key = part.key.map(({ column }) => toSql(values[column]))
    return createHash('sha256').update(this.#salt!).update(JSON.stringify(key)).digest()
  }
}
