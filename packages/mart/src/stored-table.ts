import type { MartTable } from '@millrace/contracts'
import { martError } from './errors.ts'

/** A column as a store describes it, in the terms of Cassandra's own schema tables. */
export interface StoredColumn {
  readonly name: string
  readonly role: 'partition_key' | 'clustering' | 'static' | 'regular'
  /** Place among the columns of the same role of a key; -1 elsewhere. */
  readonly position: number
  readonly order: 'asc' | 'desc' | 'none'
  readonly type: string
}

/** The columns that the contract says a stored table has. */
export function contractColumns(table: MartTable): StoredColumn[] {
  return Object.entries(table.columns).map(([name, column]) => {
    const partition = table.partitionKey.indexOf(name)
    const clustering = table.clusteringKey.findIndex(key => key.column === name)
    const { type } = column
    if (partition >= 0) return { name, role: 'partition_key', position: partition, order: 'none', type }
    if (clustering >= 0)
      return { name, role: 'clustering', position: clustering, order: table.clusteringKey[clustering]!.order, type }
    return { name, role: column.static ? 'static' : 'regular', position: -1, order: 'none', type }
  })
}

/** How a missing table, and a missing column, is named to people. */
export const tableLabel = (table: MartTable): string => `table ${table.name}`
export const retentionLabel = (table: MartTable): string => `retention of table ${table.name}`
export const columnLabel = (table: MartTable, column: string): string => `column ${table.name}.${column}`

function keyText(columns: readonly StoredColumn[]): string {
  const of = (role: StoredColumn['role']): string =>
    columns
      .filter(column => column.role === role)
      .sort((a, b) => a.position - b.position)
      .map(({ name, type, order }) => `${name} ${type}${order === 'desc' ? ' desc' : ''}`)
      .join(', ')
  return `((${of('partition_key')}), ${of('clustering')})`
}

/**
 * The names of the contract's columns that a stored table lacks; columns that only the store has are left alone.
 * @throws `table_differs` where key, order or type of what is stored are others
 */
export function missingColumns(table: MartTable, stored: readonly StoredColumn[], where: string): string[] {
  const differs = (found: string, wanted: string) =>
    martError('table_differs', { table: table.name, where, found, wanted })
  const wanted = contractColumns(table)
  if (keyText(stored) !== keyText(wanted)) throw differs(`the key ${keyText(stored)}`, keyText(wanted))
  const missing: string[] = []
  for (const column of wanted) {
    const found = stored.find(each => each.name === column.name)
    const text = (each: StoredColumn): string => `${each.name} ${each.type}${each.role === 'static' ? ' static' : ''}`
    if (!found) missing.push(column.name)
    else if (text(found) !== text(column)) throw differs(`the column ${text(found)}`, text(column))
  }
  return missing
}
