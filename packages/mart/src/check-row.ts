import type { MartRow, MartTable, MartType, MartValue } from '@millrace/contracts'
import { martError } from './errors.ts'

const MAX_KEY_BYTES = 65_535
const MAX_INSTANT_MS = 8_640_000_000_000_000

/** What is wrong with a row: the column at fault, what it holds and what it should hold. */
export interface RowProblem {
  readonly column: string
  readonly got: string
  readonly expected: string
}

interface TypeCheck {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const typeChecks: Readonly<Record<MartType, TypeCheck>> = {
  text: { expected: 'a text', holds: value => typeof value === 'string' },
  boolean: { expected: 'true or false', holds: value => typeof value === 'boolean' },
  double: { expected: 'a finite number', holds: value => Number.isFinite(value) },
  int: {
    expected: 'a whole number from -2147483648 to 2147483647',
    holds: value => Number.isInteger(value) && (value as number) === ((value as number) | 0),
  },
  bigint: { expected: 'a whole number from -(2^53-1) to 2^53-1', holds: Number.isSafeInteger },
  timestamp: {
    expected: 'a time in whole ms since the epoch',
    holds: value => Number.isInteger(value) && Math.abs(value as number) <= MAX_INSTANT_MS,
  },
}

const keyColumns = (table: MartTable): readonly string[] => [
  ...table.partitionKey,
  ...table.clusteringKey.map(key => key.column),
]

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}

/** Whether a row addresses one row of its table, or (without clustering columns) only the static columns of a partition. */
export type RowKind = 'row' | 'static'

export interface RowCheck {
  kind(row: Pick<MartRow, 'values'>): RowKind
  problem(row: MartRow): RowProblem | null
}

/** Compiles the check of rows against one table's columns. */
export function createRowCheck(table: MartTable): RowCheck {
  const types = new Map(Object.entries(table.columns).map(([name, column]) => [name, typeChecks[column.type]]))
  const statics = new Set(Object.keys(table.columns).filter(name => table.columns[name]?.static))
  const partition = new Set(table.partitionKey)
  const keys = keyColumns(table)
  const known = Object.keys(table.columns).join(', ')
  const firstClustering = table.clusteringKey[0]?.column
  const oneTextKey = table.partitionKey.length === 1

  const isGiven = (value: MartValue | undefined): boolean => value !== null && value !== undefined
  const kind = (row: Pick<MartRow, 'values'>): RowKind =>
    firstClustering === undefined || keys.some(key => !partition.has(key) && isGiven(row.values[key]))
      ? 'row'
      : 'static'

  function keyProblem(row: MartRow, rowKind: RowKind): RowProblem | null {
    for (const column of keys) {
      if (rowKind === 'static' && !partition.has(column)) continue
      const value = row.values[column]
      if (!isGiven(value)) return { column, got: value === null ? 'null' : 'missing', expected: 'a value of the key' }
      if (typeof value !== 'string') continue
      if (value === '' && oneTextKey && partition.has(column))
        return { column, got: 'an empty text', expected: 'a text that is not empty, as it is the whole partition key' }
      if (value.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(value) > MAX_KEY_BYTES)
        return {
          column,
          got: `a text of ${Buffer.byteLength(value)} bytes`,
          expected: `at most ${MAX_KEY_BYTES} bytes in a key`,
        }
    }
    return null
  }

  return {
    kind,
    problem(row) {
      const rowKind = kind(row)
      for (const column in row.values) {
        const value = row.values[column]
        if (value === null) continue
        const check = types.get(column)
        if (!check) return { column, got: 'not in the table', expected: `one of ${known}` }
        if (!check.holds(value)) return { column, got: describe(value), expected: check.expected }
        if (rowKind === 'static' && !partition.has(column) && !statics.has(column))
          return { column, got: 'given', expected: `nothing, in a row without ${firstClustering}` }
      }
      if (!Number.isFinite(row.writeTimeMicros) || !Number.isInteger(row.writeTimeMicros))
        return { column: 'writeTimeMicros', got: describe(row.writeTimeMicros), expected: 'whole µs since the epoch' }
      return keyProblem(row, rowKind)
    },
  }
}

/** Keeps one compiled value per table. */
export function perTable<T>(compile: (table: MartTable) => T): (table: MartTable) => T {
  const compiled = new WeakMap<MartTable, T>()
  return table => {
    let value = compiled.get(table)
    if (value === undefined) {
      value = compile(table)
      compiled.set(table, value)
    }
    return value
  }
}

const rowCheckOf = perTable(createRowCheck)

/** What is wrong with a row for its table, or null when it can be stored. */
export const rowProblem = (table: MartTable, row: MartRow): RowProblem | null => rowCheckOf(table).problem(row)

export const rowKind = (table: MartTable, row: Pick<MartRow, 'values'>): RowKind => rowCheckOf(table).kind(row)

/** Throws `invalid_row`, with the row's index, for the first row that cannot be stored. */
export function assertRows(table: MartTable, rows: readonly MartRow[]): void {
  const check = rowCheckOf(table)
  for (let index = 0; index < rows.length; index++) {
    const problem = check.problem(rows[index]!)
    if (problem) throw martError('invalid_row', { table: table.name, index, ...problem })
  }
}

/** Throws `invalid_row`, with the row's index, for the first row that has no whole key. */
export const assertKeys = (table: MartTable, rows: readonly Pick<MartRow, 'values'>[]): void =>
  assertRows(
    table,
    rows.map(({ values }) => ({ values, writeTimeMicros: 0 })),
  )

/** Throws `invalid_row` when `partition` is not the table's whole partition key and nothing else. */
export function assertPartition(table: MartTable, partition: Readonly<Record<string, MartValue>>): void {
  const fail = (column: string, got: string, expected: string) =>
    martError('invalid_row', { table: table.name, column, got, expected })
  for (const column of Object.keys(partition))
    if (!table.partitionKey.includes(column))
      throw fail(column, 'given', `only the partition key: ${table.partitionKey.join(', ')}`)
  for (const column of table.partitionKey) {
    const check = typeChecks[table.columns[column]!.type]
    if (!check.holds(partition[column])) throw fail(column, describe(partition[column]), check.expected)
  }
}

/** Throws `invalid_row` when one of the columns is not in the table. */
export function assertColumns(table: MartTable, columns: readonly string[]): void {
  for (const column of columns)
    if (!Object.hasOwn(table.columns, column))
      throw martError('invalid_row', {
        table: table.name,
        column,
        got: 'not in the table',
        expected: `one of ${Object.keys(table.columns).join(', ')}`,
      })
}
