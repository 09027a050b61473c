import type { MartRow, MartTable, MartType, MartValue } from '@millrace/contracts'
import type { StoredRow } from '../src/index.ts'

/*
 * What a mart must hold after some writes, computed in the plainest way: per column the value of the latest write, and of
 * those of one time the one whose bytes are greatest, as Cassandra stores them.
 */

function bytesOf(type: MartType, value: MartValue): Buffer {
  const buffer = Buffer.alloc(8)
  if (type === 'text') return Buffer.from(value as string)
  if (type === 'boolean') return Buffer.from([value ? 1 : 0])
  if (type === 'double') buffer.writeDoubleBE(value as number)
  else buffer.writeBigInt64BE(BigInt(value as number))
  return buffer
}

interface Cell {
  readonly value: MartValue
  readonly time: number
}

function merge(cells: Map<string, Cell>, table: MartTable, columns: readonly string[], row: MartRow): void {
  for (const column of columns) {
    const value = row.values[column] ?? null
    if (value === null) continue
    const old = cells.get(column)
    const { type } = table.columns[column]!
    const wins =
      !old ||
      row.writeTimeMicros > old.time ||
      (row.writeTimeMicros === old.time && Buffer.compare(bytesOf(type, value), bytesOf(type, old.value)) > 0)
    if (wins) cells.set(column, { value, time: row.writeTimeMicros })
  }
}

/** The rows of one partition in clustering order after the writes, which must all be of that partition. */
export function expectedRows(table: MartTable, writes: readonly MartRow[]): StoredRow[] {
  const clustering = table.clusteringKey.map(key => key.column)
  const columns = Object.keys(table.columns)
  const statics = columns.filter(name => table.columns[name]!.static)
  const fixed = new Map<string, Cell>()
  const rows = new Map<string, Map<string, Cell>>()
  for (const write of writes) {
    merge(fixed, table, statics, write)
    if (clustering.length > 0 && (write.values[clustering[0]!] ?? null) === null) continue
    const key = JSON.stringify(clustering.map(name => write.values[name]))
    const cells = rows.get(key) ?? new Map<string, Cell>()
    rows.set(key, cells)
    const plain = columns.filter(name => !statics.includes(name))
    merge(cells, table, plain, write)
  }
  const stored = [...rows.values()].map(cells =>
    Object.fromEntries(columns.map(name => [name, (fixed.get(name) ?? cells.get(name))?.value ?? null])),
  )
  return stored.sort((a, b) => {
    for (const { column, order } of table.clusteringKey) {
      const [x, y] = [a[column]!, b[column]!]
      const compared =
        typeof x === 'string' ? Buffer.compare(Buffer.from(x), Buffer.from(y as string)) : Number(x) - Number(y)
      if (compared !== 0) return order === 'asc' ? compared : -compared
    }
    return 0
  })
}
