import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeDirectorySync } from '@millrace/runtime'

/**
 * Takes a lock that ends with the process that holds it, however that ends: the system's own file lock, by way of SQLite.
 * @returns what gives it back, or null where another holds it
 */
export function takeLock(file: string): { release(): void } | null {
  makeDirectorySync(path.dirname(file))
  const database = new DatabaseSync(file)
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === 5) return null
    throw error
  }
}
