import type { MartColumn, MartTable } from '@millrace/contracts'

const RESERVED = new Set(
  (
    'add allow alter and apply asc authorize batch begin by columnfamily create delete desc describe drop entries execute from ' +
    'full grant if in index infinity insert into is keyspace keyspaces limit materialized modify nan norecursive not null of on ' +
    'or order primary rename replace revoke schema select set table to token truncate unlogged update use using view where with'
  ).split(' '),
)

/** A CQL identifier, quoted where it has to be. */
export const cqlName = (name: string): string =>
  /^[a-z][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`

const cqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

const cqlColumn = (name: string, column: MartColumn): string =>
  `${cqlName(name)} ${column.type}${column.static ? ' static' : ''}`

const qualified = (table: MartTable, keyspace: string | undefined): string =>
  keyspace === undefined ? cqlName(table.name) : `${cqlName(keyspace)}.${cqlName(table.name)}`

/** The CQL that creates a table when it is missing; with a keyspace its name is qualified. */
export function tableCql(table: MartTable, keyspace?: string): string {
  const columns = Object.entries(table.columns).map(([name, column]) => `  ${cqlColumn(name, column)},`)
  const partition = `(${table.partitionKey.map(cqlName).join(', ')})`
  const clustering = table.clusteringKey.map(key => cqlName(key.column))
  const order = table.clusteringKey.map(key => `${cqlName(key.column)} ${key.order.toUpperCase()}`).join(', ')
  return [
    `CREATE TABLE IF NOT EXISTS ${qualified(table, keyspace)} (`,
    ...columns,
    `  PRIMARY KEY (${[partition, ...clustering].join(', ')})`,
    `) WITH ${order === '' ? '' : `CLUSTERING ORDER BY (${order})\n  AND `}comment = ${cqlText(table.description)}`,
  ].join('\n')
}

/** The CQL that adds one column to a stored table. */
export const addColumnCql = (table: MartTable, column: string, keyspace: string): string =>
  `ALTER TABLE ${qualified(table, keyspace)} ADD ${cqlColumn(column, table.columns[column]!)}`

/** The CQL that sets for how long a stored table keeps what is written without a time to live, in s; 0 is without end. */
export const timeToLiveCql = (table: MartTable, keyspace: string, seconds: number): string =>
  `ALTER TABLE ${qualified(table, keyspace)} WITH default_time_to_live = ${seconds}`

/** The CQL that creates a keyspace with that many replicas per data center. */
export const keyspaceCql = (keyspace: string, replication: Readonly<Record<string, number>>): string =>
  `CREATE KEYSPACE IF NOT EXISTS ${cqlName(keyspace)} WITH replication = {'class': 'NetworkTopologyStrategy', ${Object.entries(
    replication,
  )
    .map(([dataCenter, replicas]) => `${cqlText(dataCenter)}: ${replicas}`)
    .join(', ')}}`

/** An insert of the given columns; its last parameters are the write time, µs since the epoch, and the time to live, s; 0 is without end. */
export const insertCql = (table: MartTable, columns: readonly string[], keyspace: string): string =>
  `INSERT INTO ${qualified(table, keyspace)} (${columns.map(cqlName).join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) USING TIMESTAMP ? AND TTL ?`

const whereKey = (columns: readonly string[]): string => columns.map(key => `${cqlName(key)} = ?`).join(' AND ')

/** Whether a row is there, and the write times of the given columns; its parameters are the columns of `key`. */
export const writeTimesCql = (
  table: MartTable,
  columns: readonly string[],
  { keyspace, key }: { readonly keyspace: string; readonly key: readonly string[] },
): string =>
  `SELECT ${[cqlName(key[0]!), ...columns.map((name, index) => `WRITETIME(${cqlName(name)}) AS t${index}`)].join(', ')} FROM ${qualified(table, keyspace)} WHERE ${whereKey(key)} LIMIT 1`

/** A delete of the given columns, or of whole rows; its parameters are the write time, µs since the epoch, and the columns of `key`. */
export const deleteCql = (
  table: MartTable,
  columns: readonly string[],
  { keyspace, key }: { readonly keyspace: string; readonly key: readonly string[] },
): string =>
  `DELETE ${[...columns.map(cqlName)].join(', ')}${columns.length > 0 ? ' ' : ''}FROM ${qualified(table, keyspace)} USING TIMESTAMP ? WHERE ${whereKey(key)}`

/** A select of the given columns: all rows, or those of one partition, whose key values are the parameters (then the limit). */
export function selectCql(
  table: MartTable,
  columns: readonly string[],
  options: { readonly keyspace: string; readonly ofPartition?: boolean; readonly limited?: boolean },
): string {
  const where = options.ofPartition
    ? ` WHERE ${table.partitionKey.map(key => `${cqlName(key)} = ?`).join(' AND ')}`
    : ''
  return `SELECT ${columns.map(cqlName).join(', ')} FROM ${qualified(table, options.keyspace)}${where}${options.limited ? ' LIMIT ?' : ''}`
}
