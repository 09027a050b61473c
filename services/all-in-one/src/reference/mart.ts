import { type MartTable, personText } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { tableCql } from '@millrace/mart'
import { shellWord } from '@millrace/runtime'
import { cell } from './topics.ts'

/** A condition for each column of a sample query's partition key. */
function exampleOf({ name, purpose, partitionKey }: MartTable): string[] {
  if (!purpose) return []
  const values = partitionKey.map(column => [column, purpose.example[column]!] as const)
  const literal = (value: string | number): string =>
    typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
  const flags = values.map(([column, value]) => `--where ${shellWord(`${column}=${value}`)}`)
  return [
    '```sql',
    `SELECT * FROM ${name} WHERE ${values.map(([column, value]) => `${column} = ${literal(value)}`).join(' AND ')};`,
    '```',
    '',
    '```sh',
    `npm run millrace -- mart ${name} ${flags.join(' ')}`,
    '```',
    '',
  ]
}

/** From where the retention of a row counts. */
function retentionStart({ rowTime, columns }: MartTable): string {
  if (typeof rowTime !== 'string') return 'nothing, its rows have no time and are kept'
  return columns[rowTime]?.type === 'timestamp' ? `\`${rowTime}\`` : `the end of the UTC day \`${rowTime}\``
}

function section(table: MartTable): string {
  const sources = catalog.mappings.filter(mapping => mapping.table === table).map(({ topic }) => `\`${topic.name}\``)
  const columns = Object.entries(table.columns).map(
    ([name, column]) =>
      `| \`${name}\` | ${column.type}${column.static ? ', one per partition' : ''} | ${cell(column.description)} |`,
  )
  return [
    `## ${table.name}`,
    '',
    table.description,
    '',
    ...(table.purpose
      ? [`- question: ${table.purpose.question}`, `- rows of a partition: ${table.purpose.partitionRows}`]
      : []),
    `- fed from: ${sources.join(', ')}`,
    `- person: ${personText(table.person ?? null)}`,
    `- partition key: ${table.partitionKey.map(name => `\`${name}\``).join(', ')}`,
    `- retention counts from: ${retentionStart(table)}`,
    `- order within a partition: ${table.clusteringKey.map(({ column, order }) => `\`${column}\` ${order}`).join(', ')}`,
    '',
    ...exampleOf(table),
    '| column | type | meaning |',
    '|---|---|---|',
    ...columns,
    '',
  ].join('\n')
}

/** The reference page of all mart tables. */
export const martPage = (): string =>
  [
    '# Mart tables',
    '',
    'The same in Cassandra ([mart.cql](mart.cql)) and in the embedded SQLite file. Each table answers one question: a query names a whole',
    'partition key and reads one partition. The sample queries have rows after `npm run demo`. How long rows are kept is a',
    'setting ([retention](../guides/retention.md)).',
    '',
    ...catalog.tables.map(section),
  ].join('\n')

/** The DDL of all mart tables. */
export const martCql = (): string =>
  `${catalog.tables.map(table => `-- ${table.description}\n${tableCql(table)};`).join('\n\n')}\n`
