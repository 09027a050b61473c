import type { MartRow, MartTable, MartValue } from '@millrace/contracts'
import type { types } from 'cassandra-driver'
import { rowKind } from './check-row.ts'
import { cqlName, selectCql } from './cql.ts'
import type { Gate } from './gate.ts'
import type { StoredRow } from './mart.ts'
import { keyText } from './partition-batches.ts'

type Wanted = Pick<MartRow, 'values'>

/** Keys that are asked for in one request. Few sizes, so that few statements are prepared; a last key fills what is left. */
const KEYS_PER_REQUEST = [1, 8, 64] as const
const MOST_KEYS = 64
/** More keys of a partition are read together with the rows between them, which costs less than to find each. */
const FEW_KEYS = 8
/** So that the rows of a slice are one page of the driver: 5,000. */
const KEYS_PER_SLICE = 1_000
/** Rows of a slice for each key in it; where there are more, the keys that were not seen are asked for one by one. */
const SLICE_ROWS_PER_KEY = 4

export interface Lookup {
  readonly keyspace: string
  readonly gate: Gate
  readonly execute: (cql: string, params: unknown[]) => Promise<readonly types.Row[]>
  readonly reader: (table: MartTable, columns: readonly string[]) => (row: types.Row) => StoredRow
}

const clusteringOf = (table: MartTable): string[] => table.clusteringKey.map(({ column }) => column)

/** The rows of one partition with one of `count` clustering keys, or its first row where the table has no such key. */
function keysCql(table: MartTable, keyspace: string, count: number): string {
  const clustering = clusteringOf(table)
  if (clustering.length === 0) return selectCql(table, table.partitionKey.slice(0, 1), { keyspace, ofPartition: true })
  const names = clustering.map(cqlName).join(', ')
  const marks = clustering.map(() => '?').join(', ')
  const keys = Array.from({ length: count }, () => (clustering.length === 1 ? '?' : `(${marks})`)).join(', ')
  const select = selectCql(table, clustering, { keyspace, ofPartition: true })
  return `${select} AND ${clustering.length === 1 ? names : `(${names})`} IN (${keys})`
}

/** The rows of one partition whose first clustering column is between two values. */
function sliceCql(table: MartTable, keyspace: string): string {
  const clustering = clusteringOf(table)
  const first = cqlName(clustering[0]!)
  return `${selectCql(table, clustering, { keyspace, ofPartition: true })} AND ${first} >= ? AND ${first} <= ? LIMIT ?`
}

/** The order that Cassandra keeps values of one type in. */
const compareValues = (a: MartValue, b: MartValue): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(b as string)) : Number(a) - Number(b)

/**
 * Whether each row is stored, as the port's `has` says: the rows of one partition are asked for together.
 * @param rows checked against the table
 */
export async function lookUp(table: MartTable, rows: readonly Wanted[], lookup: Lookup): Promise<boolean[]> {
  const { gate, execute, keyspace, reader } = lookup
  const found = new Array<boolean>(rows.length).fill(false)
  const partitions = new Map<string, number[]>()
  for (const [index, row] of rows.entries()) {
    const partition = rowKind(table, row) + keyText(table.partitionKey, row.values)
    const indexes = partitions.get(partition)
    if (indexes) indexes.push(index)
    else partitions.set(partition, [index])
  }
  const clustering = clusteringOf(table)
  const statics = Object.keys(table.columns).filter(name => table.columns[name]!.static)
  const readKey = reader(table, clustering)
  const readStatics = reader(table, statics)
  const partitionParams = ({ values }: Wanted): unknown[] => table.partitionKey.map(name => values[name])

  async function askStatics(indexes: readonly number[]): Promise<void> {
    const params = partitionParams(rows[indexes[0]!]!)
    const select = selectCql(table, statics, { keyspace, ofPartition: true, limited: true })
    const [stored] = await execute(select, [...params, 1])
    if (!stored) return
    const values = readStatics(stored)
    for (const index of indexes)
      found[index] = statics.every(name => (rows[index]!.values[name] ?? null) === null || values[name] !== null)
  }

  const first = clustering[0]
  const keyOf = (index: number): string => keyText(clustering, rows[index]!.values)

  async function askKeys(indexes: readonly number[]): Promise<void> {
    const size = KEYS_PER_REQUEST.find(count => count >= indexes.length) ?? MOST_KEYS
    const padded = Array.from({ length: size }, (_, at) => rows[indexes[Math.min(at, indexes.length - 1)]!]!)
    const keys = padded.flatMap(({ values }) => clustering.map(name => values[name]))
    const stored = await execute(keysCql(table, keyspace, size), [...partitionParams(padded[0]!), ...keys])
    const there = new Set(stored.map(row => keyText(clustering, readKey(row))))
    for (const index of indexes) found[index] = there.has(keyOf(index))
  }

  /** @param indexes in the order of the first clustering column */
  async function askSlice(indexes: readonly number[], column: string): Promise<void> {
    const [from, to] = [rows[indexes[0]!]!, rows[indexes.at(-1)!]!]
    const limit = indexes.length * SLICE_ROWS_PER_KEY
    const stored = await execute(sliceCql(table, keyspace), [
      ...partitionParams(from),
      ...[from.values[column], to.values[column], limit],
    ])
    const there = new Set(stored.map(row => keyText(clustering, readKey(row))))
    for (const index of indexes) found[index] = there.has(keyOf(index))
    if (stored.length < limit) return
    const unseen = indexes.filter(index => !found[index])
    for (const some of chunksOf(unseen, MOST_KEYS)) await askKeys(some)
  }

  async function askRows(indexes: readonly number[]): Promise<void> {
    if (first === undefined || indexes.length <= FEW_KEYS) return askKeys(indexes)
    const valueAt = (index: number): MartValue => rows[index]!.values[first]!
    const sorted = indexes.toSorted((a, b) => compareValues(valueAt(a), valueAt(b)))
    for (const some of chunksOf(sorted, KEYS_PER_SLICE))
      await (some.length <= FEW_KEYS ? askKeys(some) : askSlice(some, first))
  }

  await gate.forEach([...partitions.values()], indexes =>
    rowKind(table, rows[indexes[0]!]!) === 'static' ? askStatics(indexes) : askRows(indexes),
  )
  return found
}

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
