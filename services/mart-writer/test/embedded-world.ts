import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { MartTable } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedMart, type EmbeddedMartOptions, type Mart, type StoredRow } from '@millrace/mart'

/** An embedded mart with the tables of a domain, in a folder that goes away with it. */
export async function openTestMart(
  options: Pick<EmbeddedMartOptions, 'retention' | 'clock'> = {},
): Promise<Mart & AsyncDisposable> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mart-writer-'))
  const mart = createEmbeddedMart({ file: path.join(folder, 'mart.db'), ...options })
  await mart.ensureTables(lol.tables)
  const close = async (): Promise<void> => {
    await mart.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...mart, [Symbol.asyncDispose]: close }
}

export function tableOf(name: string): MartTable {
  const table = lol.tables.find(table => table.name === name)
  if (!table) throw new Error(`No table ${name}.`)
  return table
}

/** Every row of a table with all of its columns, in one fixed order. */
export async function rowsOf(mart: Mart, name: string): Promise<StoredRow[]> {
  const table = tableOf(name)
  const rows: StoredRow[] = []
  for await (const page of mart.scan(table, Object.keys(table.columns))) rows.push(...page)
  const keys = [...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)].sort()
  const id = (row: StoredRow): string => String(row.event_id ?? keys.map(key => row[key]).join(' '))
  return rows.sort((a, b) => (id(a) < id(b) ? -1 : 1))
}

export async function everyTable(mart: Mart): Promise<Record<string, StoredRow[]>> {
  const tables: Record<string, StoredRow[]> = {}
  for (const { name } of lol.tables) tables[name] = await rowsOf(mart, name)
  return tables
}
