import { instantMs, type MartTable, type MartValue } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import type { Mart, StoredRow } from '@millrace/mart'
import { nearest } from '@millrace/runtime'
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectMart } from '../select-platform.ts'
import { requireTable } from '../stored-table.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

interface MartFlags extends PlatformChoice {
  readonly where?: readonly string[]
  readonly format: string
  readonly limit?: string
}

type Condition = Readonly<Record<string, MartValue>>

/** The table of a name, or the one whose name ends with it: `bytes` is `antenna_bytes`. */
function tableOf(name: string): MartTable {
  const { tables } = catalog
  const exact = tables.find(table => table.name === name)
  const ending = tables.filter(table => table.name.endsWith(`_${name}`))
  const found = exact ?? (ending.length === 1 ? ending[0] : undefined)
  if (found) return found
  const known = tables.map(table => table.name)
  const near = nearest(name, known)
  throw new UsageError(
    `No mart table ${JSON.stringify(name)}.${near ? ` Did you mean ${near}?` : ''} Known: ${known.join(', ')}.`,
  )
}

function parseValue(table: MartTable, column: string, text: string): MartValue {
  const { type } = table.columns[column]!
  const wrong = (expected: string): UsageError =>
    new UsageError(`--where ${column} is ${JSON.stringify(text)}: expected ${expected}.`)
  switch (type) {
    case 'text':
      return text
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw wrong('true or false')
    case 'timestamp': {
      const timeMs = instantMs(text)
      if (!Number.isNaN(timeMs)) return timeMs
      throw wrong('an instant such as 2024-03-24T11:00:00Z')
    }
    default:
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
      throw wrong('a number')
  }
}

/** @throws UsageError that says what is wrong with a condition */
function readConditions(table: MartTable, texts: readonly string[]): Condition {
  const conditions: Record<string, MartValue> = {}
  const columns = Object.keys(table.columns)
  for (const text of texts) {
    const [, column = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    if (!columns.includes(column)) {
      const near = nearest(column || text, columns)
      throw new UsageError(
        `--where is ${JSON.stringify(text)}: expected <column>=<value>.${near ? ` Did you mean ${near}?` : ''} Columns of ${table.name}: ${columns.join(', ')}.`,
      )
    }
    if (Object.hasOwn(conditions, column))
      throw new UsageError(`--where has ${column} twice: a row has one value of a column, so give one.`)
    conditions[column] = parseValue(table, column, value)
  }
  return conditions
}

/** Rows that fulfil every condition: of one partition where its whole key is given, else of all. */
async function* rowsOf(
  mart: Pick<Mart, 'select' | 'scan'>,
  table: MartTable,
  where: Condition,
): AsyncGenerator<StoredRow> {
  const isMatch = (row: StoredRow): boolean =>
    Object.entries(where).every(([column, value]) => (row[column] ?? null) === value)
  if (table.partitionKey.every(column => column in where)) {
    const partition = Object.fromEntries(table.partitionKey.map(column => [column, where[column]!]))
    for (const row of await mart.select(table, partition)) if (isMatch(row)) yield row
    return
  }
  for await (const page of mart.scan(table, Object.keys(table.columns)))
    for (const row of page) if (isMatch(row)) yield row
}

const shown = (table: MartTable, column: string, value: MartValue | undefined): MartValue =>
  table.columns[column]!.type === 'timestamp' && typeof value === 'number'
    ? new Date(value).toISOString()
    : (value ?? null)

/** Order of the clustering key, partition by partition. */
function compareRows(table: MartTable): (a: StoredRow, b: StoredRow) => number {
  const columns = [...table.partitionKey.map(column => ({ column, order: 'asc' })), ...table.clusteringKey]
  return (a, b) => {
    for (const { column, order } of columns) {
      const [left, right] = [a[column] ?? '', b[column] ?? '']
      if (left !== right) return (left < right ? -1 : 1) * (order === 'asc' ? 1 : -1)
    }
    return 0
  }
}

export function addMartCommand(program: Command, context: CommandContext): void {
  const { terminal } = context
  program
    .command('mart <table>')
    .description('show the rows of a mart table')
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option(
      '--where <column=value>',
      'only rows with this value; may be given for several columns',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--format <format>', 'table, or json for one object a line', 'table')
    .option('--limit <n>', 'at most this many rows')
    .addHelpText('after', `\nTables: ${catalog.tables.map(({ name }) => name).join(', ')}`)
    .action(async (name: string, flags: MartFlags) => {
      const table = tableOf(name)
      const where = readConditions(table, flags.where ?? [])
      if (flags.format !== 'table' && flags.format !== 'json')
        throw new UsageError(`--format is "${flags.format}": expected table or json.`)
      if (flags.limit !== undefined && !/^[1-9]\d{0,14}$/.test(flags.limit))
        throw new UsageError(`--limit is "${flags.limit}": expected a whole number above 0.`)
      const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : Number(flags.limit)
      const mart = await selectMart(flags, DEFAULT_DEMO_DATA, context)
      try {
        await requireTable(mart, table)
        const found: StoredRow[] = []
        for await (const row of rowsOf(mart, table, where)) found.push(row)
        const rows = found.sort(compareRows(table)).slice(0, limit)
        const columns = Object.keys(table.columns)
        if (flags.format === 'json') {
          for (const row of rows)
            terminal.print(
              JSON.stringify(Object.fromEntries(columns.map(column => [column, shown(table, column, row[column])]))),
            )
          return
        }
        const cells = rows.map(row =>
          columns.map(column => {
            const value = shown(table, column, row[column])
            return typeof value === 'boolean' ? String(value) : value
          }),
        )
        for (const line of formatTable(columns, cells)) terminal.print(line)
        terminal.say(`${rows.length} of ${found.length} rows of ${table.name} in ${mart.location}`)
      } finally {
        await mart.close()
      }
    })
}
