import type { MartTable } from '@millrace/contracts'
import type { Client } from 'cassandra-driver'
import { addColumnCql, keyspaceCql, tableCql, timeToLiveCql } from './cql.ts'
import { martError } from './errors.ts'
import type { MartRetention } from './retention.ts'
import { columnLabel, missingColumns, retentionLabel, type StoredColumn, tableLabel } from './stored-table.ts'

const SCHEMA_CHANGE_TIMEOUT_MS = 60_000

interface Place {
  readonly where: string
  readonly keyspace: string
  readonly replication: Readonly<Record<string, number>>
  /** Whether a missing keyspace may be created. */
  readonly createKeyspace: boolean
  /** Without it the tables keep the time to live that they have. */
  readonly retention: MartRetention | undefined
}

/** A change of the schema is slower than a write, and is not repeated blindly. */
const change = async (client: Client, cql: string): Promise<void> => {
  await client.execute(cql, [], { prepare: false, isIdempotent: false, readTimeout: SCHEMA_CHANGE_TIMEOUT_MS })
}

async function hasKeyspace(client: Client, keyspace: string): Promise<boolean> {
  const found = await client.execute('SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', [
    keyspace,
  ])
  return found.rowLength > 0
}

/** Columns that a table lacks; null when there is no such table. */
async function lackedColumns(client: Client, table: MartTable, { keyspace, where }: Place): Promise<string[] | null> {
  const { rows } = await client.execute(
    'SELECT column_name, kind, position, clustering_order, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
    [keyspace, table.name],
  )
  const stored = rows.map(
    (row): StoredColumn => ({
      name: row.column_name,
      role: row.kind,
      position: row.position,
      order: row.clustering_order,
      type: row.type,
    }),
  )
  return stored.length === 0 ? null : missingColumns(table, stored, where)
}

/** What is missing for these tables, as the port's `lacks` names it; throws `table_differs` where a table does not fit. */
export async function lackedSchema(client: Client, tables: readonly MartTable[], place: Place): Promise<string[]> {
  if (!(await hasKeyspace(client, place.keyspace)))
    return [`keyspace ${place.keyspace}`, ...tables.map(table => tableLabel(table))]
  const lacked: string[] = []
  for (const table of tables) {
    const columns = await lackedColumns(client, table, place)
    lacked.push(...(columns?.map(column => columnLabel(table, column)) ?? [tableLabel(table)]))
  }
  return lacked
}

/** Creates the keyspace when it is missing and may be created; one that exists is left as it is, whatever its replication. */
export async function ensureKeyspace(client: Client, place: Place): Promise<string[]> {
  const { keyspace, replication, where, createKeyspace } = place
  if (await hasKeyspace(client, keyspace)) return []
  if (!createKeyspace) throw martError('keyspace_missing', { where })
  await change(client, keyspaceCql(keyspace, replication))
  return [`keyspace ${keyspace}`]
}

/**
 * Creates a table or adds the columns that it lacks, and sets its time to live; throws `table_differs` where it cannot be made to
 * fit. Every write has its own time to live: that of the table holds for other programs, and tells them.
 */
export async function ensureTable(client: Client, table: MartTable, place: Place): Promise<string[]> {
  const made = await ensureColumns(client, table, place)
  if (place.retention === undefined) return made
  const seconds = Math.floor((place.retention.get(table.name) ?? 0) / 1000)
  const { rows } = await client.execute(
    'SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
    [place.keyspace, table.name],
  )
  if (rows[0]?.default_time_to_live === seconds) return made
  await change(client, timeToLiveCql(table, place.keyspace, seconds))
  return [...made, retentionLabel(table)]
}

async function ensureColumns(client: Client, table: MartTable, place: Place): Promise<string[]> {
  const missing = await lackedColumns(client, table, place)
  if (missing === null) {
    await change(client, tableCql(table, place.keyspace))
    await lackedColumns(client, table, place)
    return [tableLabel(table)]
  }
  for (const column of missing) {
    try {
      await change(client, addColumnCql(table, column, place.keyspace))
    } catch (error) {
      // Another writer that starts at the same time may have added it.
      if ((await lackedColumns(client, table, place))?.includes(column) !== false) throw error
    }
  }
  return missing.map(column => columnLabel(table, column))
}
