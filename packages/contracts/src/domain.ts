import { domainProblems } from './domain-problems.ts'
import { failedEventsTopic } from './failed-event.ts'
import type { MartMapping, MartTable, MartValue } from './mart.ts'
import type { Measure } from './measure.ts'
import { sourcesOf, type Topic } from './topic.ts'

/**
 * What must hold between a raw topic and a table of aggregates: the events of the table's rows, the late ones and the failed
 * ones together are the distinct events of the topic.
 */
export interface ConservationRule {
  readonly source: Topic
  readonly table: MartTable
  /** Column with the number of source events that a row holds. */
  readonly eventsColumn: string
  /** Rows that count, where each event is in several of them: one value of a column. */
  readonly where?: { readonly column: string; readonly equals: MartValue }
  /** Topic with one record for each event that came too late to be counted. */
  readonly late: Topic
}

/** The contracts of one domain: its topics, its mart tables and how records become rows. */
export interface DomainContract {
  readonly name: string
  /** For people, e.g. "League of Legends matches". */
  readonly title: string
  readonly topics: Readonly<Record<string, Topic>>
  readonly tables: readonly MartTable[]
  readonly mappings: readonly MartMapping[]
  readonly conservation: readonly ConservationRule[]
  readonly measures: readonly Measure[]
}

/** Declares a domain; its lists may be left out where they are empty. */
export function defineDomain<T extends Readonly<Record<string, Topic>>>(
  domain: Pick<DomainContract, 'name' | 'title'> &
    Partial<Pick<DomainContract, 'tables' | 'mappings' | 'conservation' | 'measures'>> & { readonly topics: T },
): DomainContract & { readonly topics: T } {
  return { tables: [], mappings: [], conservation: [], measures: [], ...domain }
}

/** All contracts of a deployment: those of its domains and the platform's own. */
export interface Catalog {
  readonly domains: readonly DomainContract[]
  readonly topics: readonly Topic[]
  readonly tables: readonly MartTable[]
  readonly mappings: readonly MartMapping[]
  readonly conservation: readonly ConservationRule[]
  /** Topics that clients may write, by path. */
  readonly routes: ReadonlyMap<string, Topic>
  /** @throws an error with the known names when there is none */
  topic(name: string): Topic
  /** @throws an error with the known names when there is none */
  table(name: string): MartTable
  find(topicName: string): Topic | undefined
  mappingsOf(topicName: string): readonly MartMapping[]
  /** The topics that are derived from a topic. */
  derivedOf(topicName: string): readonly Topic[]
  /** The consumer groups of services that read a topic. */
  groupsOf(topicName: string): readonly string[]
}

/**
 * Puts domains together.
 * @throws an error that lists every contradiction within and between them
 */
export function createCatalog(domains: readonly DomainContract[]): Catalog {
  const topics = [...domains.flatMap(domain => Object.values(domain.topics)), failedEventsTopic]
  const tables = domains.flatMap(domain => domain.tables)
  const mappings = domains.flatMap(domain => domain.mappings)
  const routes = new Map(topics.flatMap(topic => (topic.route ? [[topic.route.path, topic] as const] : [])))
  const problems = domains.flatMap(domainProblems)
  const twice = (kind: string, names: readonly string[]): void => {
    for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
      problems.push(`${kind} ${name} is declared twice`)
  }
  twice(
    'domain',
    domains.map(({ name }) => name),
  )
  twice(
    'topic',
    topics.map(({ name }) => name),
  )
  twice(
    'table',
    tables.map(({ name }) => name),
  )
  if (problems.length > 0) throw new Error(`The contracts contradict each other:\n${problems.join('\n')}`)
  const topicsByName = new Map(topics.map(topic => [topic.name, topic]))
  const tablesByName = new Map(tables.map(table => [table.name, table]))
  const known = <T>(kind: string, byName: ReadonlyMap<string, T>, name: string): T => {
    const found = byName.get(name)
    if (found) return found
    throw new Error(`No ${kind} "${name}" in the contracts. Known: ${[...byName.keys()].join(', ')}.`)
  }
  const derivedOf = (name: string): Topic[] =>
    topics.filter(topic => sourcesOf(topic).some(source => source.name === name))
  const mappingsOf = (name: string): MartMapping[] => mappings.filter(({ topic }) => topic.name === name)
  return {
    domains,
    topics,
    tables,
    mappings,
    conservation: domains.flatMap(domain => domain.conservation),
    routes,
    topic: name => known('topic', topicsByName, name),
    table: name => known('mart table', tablesByName, name),
    find: name => topicsByName.get(name),
    mappingsOf,
    derivedOf,
    groupsOf: name => {
      const topic = topicsByName.get(name)
      if (!topic) return []
      const sinks = [
        ...(topic.lake ? ['lake-archiver'] : []),
        ...(mappingsOf(name).length > 0 ? ['mart-writer'] : []),
      ].map(service => groupOf(service, topic.domain))
      return [...new Set([...sinks, ...derivedOf(name).map(makerOf)])]
    },
  }
}

/** Consumer group of a service for one domain, and for one topology where it has several. */
export const groupOf = (service: string, domain: string, topology?: string): string =>
  [service, domain, ...(topology === undefined ? [] : [topology])].join('.')
/** Consumer group that makes a derived topic. */
export const makerOf = ({ name, domain, derivedFrom }: Topic): string => {
  if (!derivedFrom) throw new Error(`The topic ${name} is not derived from another one.`)
  return groupOf(derivedFrom.by, domain, derivedFrom.topology)
}
/** The service of a consumer group. */
export const serviceOf = (group: string): string => group.split('.')[0]!
