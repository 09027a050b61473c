import type { MartTable } from '@millrace/contracts'
import type { Client } from 'cassandra-driver'
import { addColumnCql, keyspaceCql, tableCql } from './cql.ts'
import { missingColumns, type StoredColumn } from './stored-table.ts'

const SCHEMA_CHANGE_TIMEOUT_MS = 60_000

interface Place {
  readonly where: string
  readonly keyspace: string
  readonly replication: Readonly<Record<string, number>>
}

/** A change of the schema is slower than a write, and is not repeated blindly. */
const change = async (client: Client, cql: string): Promise<void> => {
  await client.execute(cql, [], { prepare: false, isIdempotent: false, readTimeout: SCHEMA_CHANGE_TIMEOUT_MS })
}

async function storedColumns(client: Client, keyspace: string, table: string): Promise<StoredColumn[]> {
  const { rows } = await client.execute(
    'SELECT column_name, kind, position, clustering_order, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
    [keyspace, table],
  )
  return rows.map(row => ({
    name: row.column_name,
    role: row.kind,
    position: row.position,
    order: row.clustering_order,
    type: row.type,
  }))
}

/** Creates the keyspace when it is missing; one that exists is left as it is, whatever its replication. */
export async function ensureKeyspace(client: Client, { keyspace, replication }: Place): Promise<void> {
  const found = await client.execute('SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', [
    keyspace,
  ])
  if (found.rowLength === 0) await change(client, keyspaceCql(keyspace, replication))
}

/** Creates a table or adds the columns that it lacks; throws `table_differs` where it cannot be made to fit. */
export async function ensureTable(client: Client, table: MartTable, place: Place): Promise<void> {
  const read = async (): Promise<string[] | null> => {
    const stored = await storedColumns(client, place.keyspace, table.name)
    return stored.length === 0 ? null : missingColumns(table, stored, place.where)
  }
  const missing = await read()
  if (missing === null) {
    await change(client, tableCql(table, place.keyspace))
    await read()
    return
  }
  for (const column of missing) {
    try {
      await change(client, addColumnCql(table, column, place.keyspace))
    } catch (error) {
      // Another writer that starts at the same time may have added it.
      if ((await read())?.includes(column) !== false) throw error
    }
  }
}
