import { z } from 'zod'
import type { Catalog } from './domain.ts'
import type { MartTable } from './mart.ts'
import type { Topic } from './topic.ts'

interface PublishedField {
  readonly required: boolean
  readonly types: readonly string[]
  /** Limits and patterns of the field, as JSON Schema has them, without its descriptions. */
  readonly rules: Readonly<Record<string, unknown>>
}

/** What other people's code relies on: the shape of every topic and table. */
export interface PublishedContracts {
  readonly topics: Readonly<
    Record<
      string,
      {
        readonly key: string
        readonly eventTime: string
        readonly partitions: number
        readonly cleanup: string
        readonly maxMessageBytes: number
        readonly sinks: { readonly lake: boolean; readonly mart: readonly string[] }
        readonly fields: Readonly<Record<string, PublishedField>>
      }
    >
  >
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly partitionKey: readonly string[]
        readonly clusteringKey: readonly string[]
        readonly columns: Readonly<Record<string, string>>
      }
    >
  >
}

type JsonSchema = Record<string, unknown>

function fieldOf(schema: JsonSchema, required: boolean): PublishedField {
  const branches = (schema.anyOf as JsonSchema[] | undefined) ?? [schema]
  const types = branches.flatMap(branch =>
    Array.isArray(branch.type) ? (branch.type as string[]) : [String(branch.type ?? 'any')],
  )
  const { description: _description, type: _type, ...rules } = schema
  return { required, types: [...new Set(types)].sort(), rules }
}

function topicOf(contract: Topic, mart: readonly string[]): PublishedContracts['topics'][string] {
  const schema = z.toJSONSchema(contract.schema) as { properties?: Record<string, JsonSchema>; required?: string[] }
  const fields: Record<string, PublishedField> = {}
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    fields[name] = fieldOf(field, schema.required?.includes(name) ?? false)
  const { keyField, keyText, timeField, timeText, partitions, cleanup, maxMessageBytes, lake } = contract
  return {
    key: keyField ?? keyText,
    eventTime: timeField?.unit === 'instant' ? timeField.field : timeText,
    partitions,
    cleanup,
    maxMessageBytes,
    sinks: { lake, mart },
    fields,
  }
}

/** Tables in which the events of a topic are found: its own, and those of the topic that has one record for each of them. */
function tablesOf(topic: Topic, catalog: Catalog): string[] {
  const copies = catalog.derivedOf(topic.name).filter(({ derivedFrom }) => derivedFrom?.relation === 'each')
  return [...new Set([topic, ...copies].flatMap(({ name }) => catalog.mappingsOf(name).map(({ table }) => table.name)))]
}

function tableOf(table: MartTable): PublishedContracts['tables'][string] {
  const columns = Object.entries(table.columns).map(([name, column]) => [
    name,
    column.static ? `${column.type} static` : column.type,
  ])
  return {
    partitionKey: table.partitionKey,
    clusteringKey: table.clusteringKey.map(({ column, order }) => `${column} ${order}`),
    columns: Object.fromEntries(columns),
  }
}

/** The contracts of a catalog in the form in which they are published. */
export const publishedForm = (catalog: Catalog): PublishedContracts => ({
  topics: Object.fromEntries(catalog.topics.map(topic => [topic.name, topicOf(topic, tablesOf(topic, catalog))])),
  tables: Object.fromEntries(catalog.tables.map(table => [table.name, tableOf(table)])),
})

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const show = (value: unknown): string => JSON.stringify(value)

function brokenRules(where: string, before: PublishedField, after: PublishedField): string[] {
  const found: string[] = []
  for (const name of new Set([...Object.keys(before.rules), ...Object.keys(after.rules)])) {
    const was = before.rules[name]
    const is = after.rules[name]
    if (same(was, is)) continue
    if (name === 'enum' && Array.isArray(was) && Array.isArray(is)) {
      const gone = was.filter(value => !is.includes(value))
      if (gone.length > 0) found.push(`${where} no longer takes ${gone.map(show).join(', ')}`)
    } else if (/^max/.test(name) && (is === undefined || (was !== undefined && Number(is) > Number(was)))) continue
    else if (/^min/.test(name) && (is === undefined || (was !== undefined && Number(is) < Number(was)))) continue
    else found.push(`${where}: ${name} was ${show(was)} and is ${show(is)}`)
  }
  return found
}

/**
 * What a change of contracts breaks for those who send or read by the earlier ones, a sentence each, naming the field.
 * Additions are fine: new topics, tables, columns, optional fields, more values of an enumeration, wider limits.
 */
export function breakingChanges(before: PublishedContracts, after: PublishedContracts): string[] {
  const found: string[] = []
  for (const [name, was] of Object.entries(before.topics)) {
    const is = after.topics[name]
    if (!is) {
      found.push(`topic ${name} is gone`)
      continue
    }
    for (const setting of ['key', 'eventTime', 'partitions', 'cleanup'] as const)
      if (!same(was[setting], is[setting]))
        found.push(`topic ${name}: ${setting} was ${show(was[setting])} and is ${show(is[setting])}`)
    if (is.maxMessageBytes < was.maxMessageBytes)
      found.push(`topic ${name}: maxMessageBytes shrank to ${is.maxMessageBytes}`)
    if (was.sinks.lake && !is.sinks.lake) found.push(`topic ${name} is no longer kept in the lake`)
    for (const table of was.sinks.mart)
      if (!is.sinks.mart.includes(table)) found.push(`topic ${name} is no longer kept in mart table ${table}`)
    for (const [field, fieldWas] of Object.entries(was.fields)) {
      const where = `${name}.${field}`
      const fieldIs = is.fields[field]
      if (!fieldIs) found.push(`${where} is gone`)
      else {
        if (!same(fieldWas.types, fieldIs.types))
          found.push(`${where} was ${fieldWas.types.join(' or ')} and is ${fieldIs.types.join(' or ')}`)
        if (fieldWas.required !== fieldIs.required)
          found.push(`${where} is ${fieldIs.required ? 'now required' : 'no longer always there'}`)
        found.push(...brokenRules(where, fieldWas, fieldIs))
      }
    }
    for (const [field, fieldIs] of Object.entries(is.fields))
      if (!was.fields[field] && fieldIs.required)
        found.push(`${name}.${field} is new and required: senders do not have it`)
  }
  for (const [name, was] of Object.entries(before.tables)) {
    const is = after.tables[name]
    if (!is) {
      found.push(`mart table ${name} is gone`)
      continue
    }
    for (const key of ['partitionKey', 'clusteringKey'] as const)
      if (!same(was[key], is[key]))
        found.push(`mart table ${name}: ${key} was ${show(was[key])} and is ${show(is[key])}`)
    for (const [column, type] of Object.entries(was.columns))
      if (is.columns[column] !== type)
        found.push(`${name}.${column} was ${type} and is ${is.columns[column] ?? 'gone'}`)
  }
  return found
}
