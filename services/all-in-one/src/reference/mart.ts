import type { MartTable } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { tableCql } from '@millrace/mart'
import { cell } from './topics.ts'

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
    `- fed from: ${sources.join(', ')}`,
    `- partition key: ${table.partitionKey.map(name => `\`${name}\``).join(', ')}`,
    `- order within a partition: ${table.clusteringKey.map(({ column, order }) => `\`${column}\` ${order}`).join(', ')}`,
    '',
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
    'The same in Cassandra ([mart.cql](mart.cql)) and in the embedded SQLite file.',
    '',
    ...catalog.tables.map(section),
  ].join('\n')

/** The DDL of all mart tables. */
export const martCql = (): string =>
  `${catalog.tables.map(table => `-- ${table.description}\n${tableCql(table)};`).join('\n\n')}\n`
