import type { MartRow, MartTable, MartValue } from '@millrace/contracts'
import type { types } from 'cassandra-driver'
import { rowKind } from './check-row.ts'
import { cqlName, selectCql } from './cql.ts'
import type { Gate } from './gate.ts'
import type { StoredRow } from './mart.ts'
import { partitionText } from './partition-batches.ts'

type Wanted = Pick<MartRow, 'values'>

/** Keys that are asked for in one request. Few sizes, so that few statements are prepared; a last key fills what is left. */
const KEYS_PER_REQUEST = [1, 8, 64] as const
const MOST_KEYS = 64

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

const keyText = (columns: readonly string[], values: Readonly<Partial<Record<string, MartValue>>>): string =>
  JSON.stringify(columns.map(column => values[column]))

/**
 * Whether each row is stored, as the port's `has` says: the rows of one partition are asked for together.
 * @param rows checked against the table
 */
export async function lookUp(table: MartTable, rows: readonly Wanted[], lookup: Lookup): Promise<boolean[]> {
  const { gate, execute, keyspace, reader } = lookup
  const found = new Array<boolean>(rows.length).fill(false)
  const requests: number[][] = []
  const open = new Map<string, number[]>()
  for (const [index, row] of rows.entries()) {
    const partition = rowKind(table, row) + partitionText(table, row)
    let request = open.get(partition)
    if (!request || request.length === MOST_KEYS) {
      request = []
      open.set(partition, request)
      requests.push(request)
    }
    request.push(index)
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

  async function askRows(indexes: readonly number[]): Promise<void> {
    const size = KEYS_PER_REQUEST.find(count => count >= indexes.length) ?? MOST_KEYS
    const padded = Array.from({ length: size }, (_, at) => rows[indexes[Math.min(at, indexes.length - 1)]!]!)
    const keys = padded.flatMap(({ values }) => clustering.map(name => values[name]))
    const stored = await execute(keysCql(table, keyspace, size), [...partitionParams(padded[0]!), ...keys])
    const there = new Set(stored.map(row => keyText(clustering, readKey(row))))
    for (const index of indexes) found[index] = there.has(keyText(clustering, rows[index]!.values))
  }

  await gate.forEach(requests, indexes =>
    rowKind(table, rows[indexes[0]!]!) === 'static' ? askStatics(indexes) : askRows(indexes),
  )
  return found
}
