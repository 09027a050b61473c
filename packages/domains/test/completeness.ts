import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type DomainContract, instantMs, type MartTable, type Person, sourcesOf } from '@millrace/contracts'

const REQUIRED_FILES = ['README.md', 'contract.ts', 'simulate.ts']
const GENERATOR_FILES = ['README.md', 'package.json', 'src/main.ts']

/** Whether it is said whose records or rows these are, so that a person can be erased. */
function personLacks(what: string, person: Person | null): string[] {
  if (person === null)
    return [
      `${what} does not say whose it is: expected person: personIn({ … }), or noPerson('<why it holds no person>')`,
    ]
  const why = 'none' in person ? person.none : 'quoted' in person ? person.quoted : 'fields'
  return why === '' ? [`${what} does not say why it holds no person`] : []
}

/** Whether a table says what it is for, and its sample query has the table's partition key. */
function purposeProblems({ name, purpose, partitionKey, columns }: MartTable): string[] {
  if (!purpose) return [`table ${name} has no purpose: expected question, partitionRows and example`]
  const { question, partitionRows, example } = purpose
  const given = Object.keys(example)
  const wrong = partitionKey.filter(column => {
    const value = example[column]
    const type = columns[column]?.type
    if (type === 'timestamp') return Number.isNaN(instantMs(value))
    return typeof value !== (type === 'text' ? 'string' : 'number')
  })
  return [
    ...(question.endsWith('?')
      ? []
      : [`table ${name}: its question is "${question}": expected one that ends with "?"`]),
    ...(partitionRows === ''
      ? [`table ${name}: its partitionRows is empty: expected how many rows a partition has`]
      : []),
    ...(given.length === partitionKey.length && wrong.length === 0
      ? []
      : [
          `table ${name}: its example has ${given.join(', ')}: expected a value of the right type for ${partitionKey.join(', ')}`,
        ]),
  ]
}

const mayBeTime = ({ columns }: MartTable, column: string): boolean =>
  columns[column]?.type === 'timestamp' || column === 'day' || column.endsWith('_day')

/** Whether a table says from which column retention counts, and says it where it has such a column. */
function rowTimeProblems(table: MartTable): string[] {
  const { name, rowTime, partitionKey, clusteringKey } = table
  if (rowTime === undefined)
    return [`table ${name} has no rowTime: expected a column of its key, or null where its rows have no time`]
  if (rowTime !== null) return []
  const times = [...partitionKey, ...clusteringKey.map(({ column }) => column)].filter(key => mayBeTime(table, key))
  return times.length === 0 ? [] : [`table ${name}: its rowTime is null, but its key has ${times.join(', ')}`]
}

/**
 * What a domain lacks, a sentence each.
 * @param root folder of the checkout
 * @param simulated domains that have a simulation
 */
export function lacksOf(domain: DomainContract, root: string, simulated: readonly string[]): string[] {
  const { name, topics, mappings, tables } = domain
  const folder = path.join(root, 'packages/domains', name)
  const generator = path.join(root, 'services', `${name}-generator`)
  const lacks: string[] = []
  for (const file of REQUIRED_FILES)
    if (!existsSync(path.join(folder, file))) lacks.push(`packages/domains/${name} has no ${file}`)
  for (const file of GENERATOR_FILES)
    if (!existsSync(path.join(generator, file))) lacks.push(`services/${name}-generator has no ${file}`)
  if (!simulated.includes(name)) lacks.push(`${name} has no simulation`)
  const routes = Object.values(topics).filter(({ route }) => route !== null)
  if (!routes.some(topic => topic.name === `${name}.raw`)) lacks.push(`${name}.raw has no route with samples`)
  for (const topic of Object.values(topics)) {
    const isReadAgain = topic.lake || mappings.some(mapping => mapping.topic === topic)
    const feeds = Object.values(topics).some(derived => sourcesOf(derived).includes(topic))
    if (!isReadAgain && !feeds && topic.cleanup === 'delete' && topic.derivedFrom?.relation !== 'aggregate')
      lacks.push(`nothing stores or reads ${topic.name}`)
    for (const [field, schema] of Object.entries(topic.schema.shape))
      if (!(schema as { description?: string }).description)
        lacks.push(`${topic.name}: field ${field} has no description`)
  }
  for (const topic of Object.values(topics)) lacks.push(...personLacks(topic.name, topic.person))
  for (const table of tables) lacks.push(...personLacks(`table ${table.name}`, table.person ?? null))
  for (const table of tables)
    for (const [column, { description }] of Object.entries(table.columns))
      if (description === '') lacks.push(`table ${table.name}: column ${column} has no description`)
  for (const table of tables) lacks.push(...purposeProblems(table), ...rowTimeProblems(table))
  const readme = existsSync(path.join(folder, 'README.md')) ? readFileSync(path.join(folder, 'README.md'), 'utf8') : ''
  for (const table of tables)
    if (!readme.includes(table.name)) lacks.push(`the README of ${name} says of no question that ${table.name} answers`)
  const hasTests =
    existsSync(folder) && readdirSync(folder, { recursive: true }).some(file => String(file).endsWith('.test.ts'))
  if (!hasTests) lacks.push(`packages/domains/${name} has no test`)
  return lacks
}
