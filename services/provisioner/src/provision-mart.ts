import type { MartTable } from '@millrace/contracts'
import type { Mart } from '@millrace/mart'

/**
 * Creates the keyspace, the tables and the columns that the mart lacks.
 * @returns one line that says what was changed
 */
export async function provisionMart(mart: Mart, tables: readonly MartTable[]): Promise<string> {
  const made = await mart.ensureTables(tables)
  return `Mart at ${mart.location}: ${made.length > 0 ? `created ${made.join(', ')}` : 'nothing to change'}.`
}
