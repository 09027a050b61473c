import type { MartTable } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import type { MartReader } from './select-platform.ts'
import { UsageError } from './usage-error.ts'

/**
 * Sees to it that a table can be read.
 * @throws UsageError that names the tables that are there
 */
export async function requireTable(mart: MartReader, { name }: MartTable): Promise<void> {
  const lacks = await mart.lacks(catalog.tables)
  if (!lacks.includes(`table ${name}`)) return
  const there = catalog.tables.map(table => table.name).filter(table => !lacks.includes(`table ${table}`))
  const domain = catalog.domains.find(({ tables }) => tables.some(table => table.name === name))!
  throw new UsageError(
    `There is no table ${name} in ${mart.location}: the domain ${domain.name} has not been run on it. Tables there: ${there.join(', ') || 'none'}.`,
  )
}
