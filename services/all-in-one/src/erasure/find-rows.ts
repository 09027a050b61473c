import { type MartTable, type MartValue, pathOfPlace, personFieldsOf } from '@millrace/contracts'
import type { Mart } from '@millrace/mart'
import { type Findings, type FoundRow, keyOf } from './findings.ts'

/** Keys whose write times are asked for at once. */
const KEYS_AT_ONCE = 500

/** Searches every table that may have rows of the person, whole: a row outlives the records that it was made of. */
export async function findRows(
  findings: Findings,
  { catalog, mart }: { readonly catalog: { readonly tables: readonly MartTable[] }; readonly mart: Mart },
): Promise<void> {
  const { identity } = findings
  for (const table of catalog.tables) {
    const person = table.person ?? null
    if (!identity.canOwn(person)) continue
    const columns = [...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]
    const ofPerson = Object.values(personFieldsOf(person)).map(pathOfPlace)
    const keys: Readonly<Record<string, MartValue>>[] = []
    const partitions = new Map<string, Readonly<Record<string, MartValue>>>()
    const hasStatics = Object.values(table.columns).some(column => column.static)
    const isOwnPartition = ofPerson.every(column => table.partitionKey.includes(column))
    for await (const page of mart.scan(table, [...new Set([...columns, ...ofPerson])]))
      for (const row of page) {
        if (!identity.owns(person, row)) continue
        keys.push(keyOf(table, row))
        if (!hasStatics || !isOwnPartition) continue
        const partition = Object.fromEntries(table.partitionKey.map(column => [column, row[column] ?? null]))
        partitions.set(JSON.stringify(partition), partition)
      }
    findings.rows.set(table, await timed(mart, table, keys))
    for (const { values, writeTimeMicros } of await timed(mart, table, [...partitions.values()]))
      if (writeTimeMicros !== null) findings.noteStatic(table, { values, writeTimeMicros })
  }
}

/** Keys with the write times of their rows. */
async function timed(
  mart: Mart,
  table: MartTable,
  keys: readonly Readonly<Record<string, MartValue>>[],
): Promise<FoundRow[]> {
  const found: FoundRow[] = []
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const some = keys.slice(at, at + KEYS_AT_ONCE)
    const times = await mart.writeTimes(
      table,
      some.map(values => ({ values })),
    )
    for (const [index, values] of some.entries()) found.push({ values, writeTimeMicros: times[index] ?? null })
  }
  return found
}
