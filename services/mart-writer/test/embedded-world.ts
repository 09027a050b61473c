import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { MartValue } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedMart, type Mart, type StoredRow } from '@millrace/mart'

/** An embedded mart with the tables of the mart writer, in a folder that goes away with it. */
export async function openTestMart(): Promise<Mart & AsyncDisposable> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mart-writer-'))
  const mart = createEmbeddedMart({ file: path.join(folder, 'mart.db') })
  await mart.ensureTables(lol.tables)
  const close = async (): Promise<void> => {
    await mart.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...mart, [Symbol.asyncDispose]: close }
}

/** Every row of a table with all of its columns, in one fixed order. */
export async function rowsOf(mart: Mart, name: string): Promise<StoredRow[]> {
  const table = catalog.table(name)
  const rows: StoredRow[] = []
  for await (const page of mart.scan(table, Object.keys(table.columns))) rows.push(...page)
  const id = (row: StoredRow): MartValue => row.event_id ?? null
  return rows.sort((a, b) => (String(id(a)) < String(id(b)) ? -1 : 1))
}

export async function everyTable(mart: Mart): Promise<Record<string, StoredRow[]>> {
  const tables: Record<string, StoredRow[]> = {}
  for (const { name } of lol.tables) tables[name] = await rowsOf(mart, name)
  return tables
}
