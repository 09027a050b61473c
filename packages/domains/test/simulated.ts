import type { DomainContract } from '@millrace/contracts'
import type { DomainSimulation, SimulatedRecord } from '@millrace/simulation'
import { z } from 'zod'

/** A time at which simulations that begin now begin, ms. */
const NOW_MS = Date.UTC(2024, 2, 24, 11)

function routeProblem({ name, topics }: DomainContract, sent: string): string | null {
  const topic = Object.values(topics).find(topic => topic.name === sent)
  if (!topic) return `the simulation of ${name} sends to ${sent}, which is no topic of the domain`
  return topic.route
    ? null
    : `the simulation of ${name} sends to ${sent}, which has no route: add samples to the topic, or remove it from the simulation`
}

/** The golden rows of tables or columns that a domain does not have, a sentence each. */
function goldenProblems(
  { name, tables }: DomainContract,
  golden: Readonly<Record<string, readonly object[]>>,
): string[] {
  return Object.entries(golden).flatMap(([tableName, rows]) => {
    const table = tables.find(table => table.name === tableName)
    if (!table)
      return [
        `the golden answers of ${name} have a table ${tableName}: expected one of ${tables.map(table => table.name).join(', ')}`,
      ]
    const known = Object.keys(table.columns)
    const unknown = [...new Set(rows.flatMap(Object.keys))].filter(column => !known.includes(column))
    const keys = [...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]
    const missing = keys.filter(key => rows.some(row => !Object.hasOwn(row, key)))
    return [
      ...unknown.map(
        column =>
          `the golden answers of ${name} for ${tableName} have a column ${column}: expected one of ${known.join(', ')}`,
      ),
      ...missing.map(column => `the golden answers of ${name} for ${tableName} lack the key column ${column}`),
    ]
  })
}

/** Services whose tables a simulation knows, because they follow from what it sends. */
const KNOWN_MAKERS = ['aggregator', 'profiler']

/** Tables of aggregates without golden answers, a sentence each. */
const goldenGaps = ({ name, tables, mappings }: DomainContract, golden: Readonly<Record<string, unknown>>): string[] =>
  tables
    .filter(table => !Object.hasOwn(golden, table.name))
    .flatMap(table => {
      const makers = mappings.filter(mapping => mapping.table === table).map(({ topic }) => topic.derivedFrom?.by ?? '')
      const maker = makers.find(by => KNOWN_MAKERS.includes(by))
      return maker
        ? [
            `the golden answers of ${name} lack the table ${table.name}, which the ${maker} makes: expected its rows, or [] where there are none`,
          ]
        : []
    })

/** What a simulation sends or expects and its domain does not have, a sentence each. */
export function simulationProblems(domain: DomainContract, simulation: DomainSimulation): string[] {
  const options = simulation.parse({})
  const { stream, golden } = simulation.simulate(options, NOW_MS)
  const sent = new Set(simulation.topics.map(({ name }) => name))
  const declared = new Set(sent)
  const note = ({ topic }: SimulatedRecord): unknown => sent.add(topic)
  for (const record of simulation.reference?.(options) ?? []) note(record)
  while (Number.isFinite(stream.nextMs)) note(stream.next())
  return [
    ...[...sent].flatMap(topic => routeProblem(domain, topic) ?? []),
    ...[...sent]
      .filter(topic => !declared.has(topic))
      .map(topic => `the simulation of ${domain.name} sends to ${topic}: add it to the topics of the simulation`),
    ...goldenProblems(domain, golden()),
    ...goldenGaps(domain, golden()),
  ]
}

/** Options that simulations share by name and declare in different ways: one command line has the options of all of them. */
export function optionProblems(simulations: readonly DomainSimulation[]): string[] {
  const first = new Map<string, { readonly domain: string; readonly form: string }>()
  const problems: string[] = []
  for (const { domain, optionShape } of simulations) {
    const { properties = {} } = z.toJSONSchema(z.object(optionShape), { io: 'input' })
    for (const [option, schema] of Object.entries(properties)) {
      const form = JSON.stringify(schema)
      const other = first.get(option)
      if (!other) first.set(option, { domain, form })
      else if (other.form !== form)
        problems.push(
          `the simulations of ${other.domain} and ${domain} have an option "${option}" of different form, description or default, and "millrace demo" has the options of both: rename one, such as "${domain}-${option}"`,
        )
    }
  }
  return problems
}
