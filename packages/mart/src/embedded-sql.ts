import type { MartTable, MartType } from '@millrace/contracts'

/*
 * Layout of a mart in an SQLite file. A contract's table is a view of that name, for people; behind it are `_<name>` with a
 * row per row and `_<name>_static` with a row per partition, which also hold write times. "@" is the time of the write that
 * made the row, "<column>@" that of a column which a write of another time has set since. "@end" is when the retention of
 * the row ends, ms since the epoch.
 */

/** Name of the SQL function that tells -0 from 0, which SQL itself cannot. */
export const IS_NEGATIVE_ZERO = 'is_negative_zero'

export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`

const sqlTypes: Readonly<Record<MartType, string>> = {
  text: 'TEXT',
  timestamp: 'INTEGER',
  int: 'INTEGER',
  bigint: 'INTEGER',
  boolean: 'INTEGER',
  // A column declared REAL stores -0 as 0; one without a type keeps the number as it is.
  double: '',
}

/** One of the two stored tables of a contract's table. */
export interface Part {
  readonly name: string
  readonly key: readonly { readonly column: string; readonly order: 'asc' | 'desc' }[]
  readonly columns: readonly string[]
}

/** The stored table of the rows. */
export function rowPart(table: MartTable): Part {
  const key = [...table.partitionKey.map(column => ({ column, order: 'asc' as const })), ...table.clusteringKey]
  const isKey = (name: string): boolean => key.some(each => each.column === name)
  const columns = Object.keys(table.columns).filter(name => !isKey(name) && !table.columns[name]!.static)
  return { name: `_${table.name}`, key, columns }
}

/** The stored table of what is kept once per partition, or null where there is no such column. */
export function staticPart(table: MartTable): Part | null {
  const columns = Object.keys(table.columns).filter(name => table.columns[name]!.static)
  if (columns.length === 0) return null
  return {
    name: `_${table.name}_static`,
    key: table.partitionKey.map(column => ({ column, order: 'asc' })),
    columns,
  }
}

const END = '"@end"'
/** The name of that column, as SQLite tells it. */
export const END_COLUMN = '@end'

/** Whether a row is kept, at an SQL expression for the time in ms. */
const isKept = (nowMs: string): string => `(r.${END} IS NULL OR r.${END} > ${nowMs})`

/** A row that has an end, if there is one. */
export const anyEndSql = ({ name }: Part): string => `SELECT 1 FROM ${sqlName(name)} WHERE ${END} IS NOT NULL LIMIT 1`

/** Which rows a query finds: all, or those that are kept at the time in ms that is a parameter. */
export type Found = 'all' | 'kept'

const timeOf = (column: string): string => sqlName(`${column}@`)
const declared = (table: MartTable, column: string): string =>
  `${sqlName(column)} ${sqlTypes[table.columns[column]!.type]}`.trimEnd()

export function createPartSql(table: MartTable, part: Part): string {
  const lines = [
    ...part.key.map(({ column }) => `${declared(table, column)} NOT NULL`),
    ...part.columns.map(column => declared(table, column)),
    '"@" INTEGER NOT NULL',
    `${END} INTEGER`,
    ...part.columns.map(column => `${timeOf(column)} INTEGER`),
    `PRIMARY KEY (${part.key.map(({ column, order }) => sqlName(column) + (order === 'desc' ? ' DESC' : '')).join(', ')})`,
  ]
  return `CREATE TABLE IF NOT EXISTS ${sqlName(part.name)} (${lines.join(', ')})`
}

export const addColumnSql = (table: MartTable, part: Part, column: string): string[] => [
  `ALTER TABLE ${sqlName(part.name)} ADD COLUMN ${declared(table, column)}`,
  `ALTER TABLE ${sqlName(part.name)} ADD COLUMN ${timeOf(column)} INTEGER`,
]

/** For a stored table of an earlier version. */
export const addEndSql = (part: Part): string => `ALTER TABLE ${sqlName(part.name)} ADD COLUMN ${END} INTEGER`

/** So that the rows that have ended are found without a look at the others. */
export const endIndexSql = (part: Part): string =>
  `CREATE INDEX IF NOT EXISTS ${sqlName(`${part.name}@end`)} ON ${sqlName(part.name)} (${END}) WHERE ${END} IS NOT NULL`

/** Removes rows that have ended; parameters: the time in ms, most rows. */
export const sweepSql = ({ name }: Part): string =>
  `DELETE FROM ${sqlName(name)} WHERE rowid IN (SELECT rowid FROM ${sqlName(name)} WHERE ${END} <= ? LIMIT ?)`

/** Rows joined with their partition's static columns; `shown` maps a qualified column to what is selected. */
function fromParts(table: MartTable): { readonly from: string; readonly of: (column: string) => string } {
  const fixed = staticPart(table)
  const join = fixed
    ? ` LEFT JOIN ${sqlName(fixed.name)} AS s USING (${table.partitionKey.map(sqlName).join(', ')})`
    : ''
  return {
    from: `FROM ${sqlName(rowPart(table).name)} AS r${join}`,
    of: column => `${fixed?.columns.includes(column) ? 's' : 'r'}.${sqlName(column)}`,
  }
}

/** The view for people: the contract's columns in its order, times as ISO-8601. */
export function viewSql(table: MartTable): string {
  const { from, of } = fromParts(table)
  const shown = Object.entries(table.columns).map(([name, { type }]) =>
    type === 'timestamp'
      ? `strftime('%Y-%m-%dT%H:%M:%fZ', ${of(name)} / 1000.0, 'unixepoch') AS ${sqlName(name)}`
      : `${of(name)} AS ${sqlName(name)}`,
  )
  const now = "unixepoch('subsec') * 1000"
  return `CREATE VIEW ${sqlName(table.name)} AS SELECT ${shown.join(', ')} ${from} WHERE ${isKept(now)}`
}

/** Rows of one partition in clustering order; parameters: the partition key, for `kept` the time, then the limit (-1 for none). */
export function selectSql(table: MartTable, found: Found): string {
  const { from, of } = fromParts(table)
  const columns = Object.keys(table.columns).map(of).join(', ')
  const where = table.partitionKey.map(name => `r.${sqlName(name)} = ?`).join(' AND ')
  const order = table.clusteringKey.map(key => `${of(key.column)} ${key.order.toUpperCase()}`).join(', ')
  return `SELECT ${columns} ${from} WHERE ${where}${found === 'kept' ? ` AND ${isKept('?')}` : ''}${order === '' ? '' : ` ORDER BY ${order}`} LIMIT ?`
}

/** One stored row by its key, with its columns beside the key; parameters: the key, then for `kept` the time. */
export function hasSql(part: Part, found: Found): string {
  const columns = ['1', ...part.columns.map(sqlName)].join(', ')
  const key = part.key.map(({ column }) => `${sqlName(column)} = ?`).join(' AND ')
  return `SELECT ${columns} FROM ${sqlName(part.name)} AS r WHERE ${key}${found === 'kept' ? ` AND ${isKept('?')}` : ''}`
}

/** Some columns of all rows; of `all` it reads only an index where all columns are in the key. The parameter of `kept` is the time. */
export function scanSql(table: MartTable, columns: readonly string[], found: Found): string {
  const { from, of } = fromParts(table)
  const needsStatic = columns.some(column => table.columns[column]!.static)
  const rows = needsStatic ? from : `FROM ${sqlName(rowPart(table).name)} AS r`
  return `SELECT ${columns.map(of).join(', ')} ${rows}${found === 'kept' ? ` WHERE ${isKept('?')}` : ''}`
}

/**
 * Whether, at equal write times, the new value replaces the old one: the greater in the order of the bytes that Cassandra
 * compares, where negative numbers come after positive ones.
 */
function winsTie(type: MartType, fresh: string, old: string): string {
  if (type === 'text' || type === 'boolean') return `${fresh} > ${old}`
  if (type !== 'double') return `(${fresh} < 0, ${fresh}) > (${old} < 0, ${old})`
  const negative = (value: string): string => `iif(${value} = 0, ${IS_NEGATIVE_ZERO}(${value}), ${value} < 0)`
  return `(${negative(fresh)}, abs(${fresh})) > (${negative(old)}, abs(${old}))`
}

const ofKey = (part: Part): string => part.key.map(({ column }) => `r.${sqlName(column)} = ?`).join(' AND ')

/** The newest write time of one stored row; parameters: its key, and the time where only kept rows are looked for. */
export function writeTimeSql(part: Part, found: Found): string {
  const times = ['"@"', ...part.columns.map(column => `coalesce(${timeOf(column)}, "@")`)]
  const newest = times.length === 1 ? times[0]! : `max(${times.join(', ')})`
  const kept = found === 'kept' ? ` AND ${isKept('?')}` : ''
  return `SELECT ${newest} AS time FROM ${sqlName(part.name)} r WHERE ${ofKey(part)}${kept}`
}

/** What is left of a stored row without the values up to a write time; parameters: the time once for each column, then the key. */
export function forgetSql(part: Part): string | null {
  if (part.columns.length === 0) return null
  const isOld = (column: string): string => `coalesce(${timeOf(column)}, "@") <= ?`
  const left = part.columns.map(column => `${sqlName(column)} = iif(${isOld(column)}, NULL, ${sqlName(column)})`)
  return `UPDATE ${sqlName(part.name)} AS r SET ${left.join(', ')} WHERE ${ofKey(part)}`
}

/** Deletes one stored row; parameters: its key. */
export const deleteSql = (part: Part): string => `DELETE FROM ${sqlName(part.name)} AS r WHERE ${ofKey(part)}`

/** The upsert of one stored row; parameters: key, columns, write time, end. The end is that of the last write. Later writes win column by column, nulls never do. */
export function upsertSql(table: MartTable, part: Part): string {
  const key = part.key.map(({ column }) => sqlName(column))
  const all = [...key, ...part.columns.map(sqlName), '"@"', END]
  const merged = part.columns.flatMap(column => {
    const old = `${sqlName(part.name)}.${sqlName(column)}`
    const fresh = `excluded.${sqlName(column)}`
    const made = `${sqlName(part.name)}."@"`
    const time = `coalesce(${sqlName(part.name)}.${timeOf(column)}, ${made})`
    const tie = winsTie(table.columns[column]!.type, fresh, old)
    const wins = `${fresh} IS NOT NULL AND (${old} IS NULL OR excluded."@" > ${time} OR (excluded."@" = ${time} AND ${tie}))`
    return [
      `${sqlName(column)} = iif(${wins}, ${fresh}, ${old})`,
      `${timeOf(column)} = iif(${wins}, nullif(excluded."@", ${made}), ${sqlName(part.name)}.${timeOf(column)})`,
    ]
  })
  const onConflict = `DO UPDATE SET ${[...merged, `${END} = excluded.${END}`].join(', ')}`
  return `INSERT INTO ${sqlName(part.name)} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')}) ON CONFLICT (${key.join(', ')}) ${onConflict}`
}
