import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Catalog, type ErasureReceipt, identifiersIn, type MartTable, type MartValue } from '@millrace/contracts'
import { identifierHash } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import { mayBeGone } from '@millrace/reconciler'
import type { Clock } from '@millrace/runtime'
import type { GoldenRow } from '@millrace/simulation'
import { z } from 'zod'

/** How the rows of a mart table compare with the golden answers. */
export interface GoldenReport {
  /** Rows that the simulation expects. */
  readonly expected: number
  readonly matching: number
  /** Rows that are gone because the retention of their table has ended. */
  readonly expired: number
  /** Rows that are missing, unexpected, or have another value. */
  readonly different: number
  /** Expected rows of people who were erased: they are not compared. */
  readonly erased: number
}

export interface GoldenComparison {
  /** By table. */
  readonly tables: Readonly<Record<string, GoldenReport>>
  /** Sentences about some of what differs. */
  readonly examples: readonly string[]
}

/** The counts of tables that reports show; expired and erased rows only where there are any. */
export const goldenColumns = (tables: GoldenComparison['tables']) =>
  (['expected', 'matching', 'expired', 'erased', 'different'] as const).filter(
    column => (column !== 'expired' && column !== 'erased') || Object.values(tables).some(of => of[column] > 0),
  )

export const isGoldenRight = (tables: GoldenComparison['tables']): boolean =>
  Object.values(tables).every(({ different }) => different === 0)

const goldenLine = z.union([
  z.strictObject({ table: z.string(), rows: z.int() }),
  z.strictObject({
    table: z.string(),
    row: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
])

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Sentences about what differs, a few. */
const MOST_EXAMPLES = 5

/** Whose rows were erased. */
type Erasure = Pick<ErasureReceipt, 'salt' | 'identifiers'>

interface GoldenStores {
  readonly mart: Pick<Mart, 'scan' | 'retentionMs'>
  readonly clock: Clock
  readonly erasures?: readonly Erasure[]
}

interface CheckedStores extends GoldenStores {
  readonly catalog: Catalog
}

const keyColumns = (table: MartTable): string[] => [
  ...table.partitionKey,
  ...table.clusteringKey.map(({ column }) => column),
]

const keyOf = (columns: readonly string[], row: Readonly<Record<string, MartValue | undefined>>): string =>
  JSON.stringify(columns.map(column => row[column] ?? null))

async function compareTable(
  table: MartTable,
  golden: readonly GoldenRow[],
  { mart, clock, catalog, erasures = [] }: CheckedStores,
  examples: string[],
) {
  const counted = catalog.conservation.find(rule => rule.table.name === table.name)?.eventsColumn
  const key = keyColumns(table)
  const columns = [
    ...new Set([...key, ...(counted === undefined ? [] : [counted]), ...golden.flatMap(row => Object.keys(row))]),
  ]
  const expected = new Map(golden.map(row => [keyOf(key, row), row]))
  let matching = 0
  let different = 0
  const before = expected.size
  for (const [id, row] of expected) if (isErased(table, row, erasures)) expected.delete(id)
  const erased = before - expected.size
  const differ = (sentence: string): void => {
    different++
    if (examples.length < MOST_EXAMPLES) examples.push(`${table.name}: ${sentence}`)
  }
  for await (const page of mart.scan(table, columns))
    for (const row of page) {
      const id = keyOf(key, row)
      const wanted = expected.get(id)
      expected.delete(id)
      // Corrections have taken all events away from a group: its row stays, and says that it has none.
      const isEmpty = counted !== undefined && row[counted] === 0
      if (!wanted && (isEmpty || isErased(table, row, erasures))) continue
      if (!wanted) differ(`${id} is not expected`)
      else {
        const wrong = Object.keys(wanted).find(column => (row[column] ?? null) !== (wanted[column] ?? null))
        if (wrong === undefined) matching++
        else differ(`${id} has ${wrong} ${row[wrong]}, expected ${wanted[wrong]}`)
      }
    }
  let expired = 0
  for (const [id, row] of expected) {
    if (mayBeGone(mart, table, { values: row }, clock.now())) expired++
    else differ(`${id} is missing`)
  }
  return { expected: golden.length, matching, expired, different, erased } satisfies GoldenReport
}

/** Whether a row is of a person who was erased. */
const isErased = (table: MartTable, row: object, erasures: readonly Erasure[]): boolean =>
  identifiersIn(table.person ?? null, row).some(identifier =>
    erasures.some(({ salt, identifiers }) =>
      identifiers.some(({ kind, hash }) => kind === identifier.kind && hash === identifierHash(salt, identifier)),
    ),
  )

/**
 * The golden answers that generators have written, by table.
 * @param folder a folder of their files
 * @throws Error that names the line that is none
 */
export async function readGolden(folder: string): Promise<Readonly<Record<string, readonly GoldenRow[]>>> {
  const golden: Record<string, GoldenRow[]> = {}
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name)
    let number = 0
    for await (const line of createInterface({ input: createReadStream(file) })) {
      number++
      const { success, data } = goldenLine.safeParse(parseLine(line))
      if (!success)
        throw new Error(
          `${file}: line ${number} is no golden row: expected {"table":"...","row":{...}}, as generators write it with --golden.`,
        )
      golden[data.table] ??= []
      if ('row' in data) golden[data.table]!.push(data.row)
    }
  }
  return golden
}

/** Compares mart tables with the golden answers of the simulations, but for rows of people who were erased. @throws Error for a table that the catalog does not have */
export async function compareGolden(
  golden: Readonly<Record<string, readonly GoldenRow[]>>,
  stores: CheckedStores,
): Promise<GoldenComparison> {
  const tables: Record<string, GoldenReport> = {}
  const examples: string[] = []
  for (const [name, rows] of Object.entries(golden))
    tables[name] = await compareTable(stores.catalog.table(name), rows, stores, examples)
  return { tables, examples }
}
