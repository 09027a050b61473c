import { z } from 'zod'
import { columnsOf, LAKE_COLUMNS, takenNames } from './columns.ts'
import type { ConservationRule, DomainContract } from './domain.ts'
import type { MartTable } from './mart.ts'
import { personProblems } from './person.ts'
import { sourcesOf, type Topic } from './topic.ts'

const NAME = /^[a-z][a-z0-9-]*$/
const TOPIC_NAME = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/

/** The fields of a topic that the lake cannot have as columns, a sentence each. */
function lakeProblems({ name, schema }: Topic): string[] {
  const fields = columnsOf(schema).map(({ name }) => name)
  return takenNames(fields, LAKE_COLUMNS).map(({ name: field, by }) =>
    fields.includes(by) && by !== field
      ? `topic ${name}: its fields ${by} and ${field} differ only in case, which columns of the lake do not: rename one of them, or say "lake: false"`
      : `topic ${name}: its field ${field} has the name of a column that the lake adds (${LAKE_COLUMNS.join(', ')}): rename it, or say "lake: false"`,
  )
}

/** Why retention cannot count from the column that a table names. */
function rowTimeProblems({ name, columns, partitionKey, clusteringKey, rowTime }: MartTable): string[] {
  if (typeof rowTime !== 'string') return []
  const keys = [...partitionKey, ...clusteringKey.map(({ column }) => column)]
  const problem = (text: string): string[] => [`table ${name}: its rowTime is "${rowTime}": ${text}`]
  if (!keys.includes(rowTime))
    return problem(`expected a column of its key, so that all writes of a row expire together: ${keys.join(', ')}`)
  const type = columns[rowTime]?.type
  if (type !== undefined && type !== 'timestamp' && type !== 'text')
    return problem(`expected a timestamp, or a text with a UTC day, got the type ${type}`)
  const fixed = Object.keys(columns).filter(column => columns[column]!.static)
  return fixed.length > 0 && !partitionKey.includes(rowTime)
    ? problem(`expected a column of its partition key, because ${fixed.join(', ')} belongs to all rows of a partition`)
    : []
}

function tableProblems(table: MartTable): string[] {
  const { name, columns, partitionKey, clusteringKey } = table
  const keys = [...partitionKey, ...clusteringKey.map(({ column }) => column)]
  return [
    ...keys.filter(key => !columns[key]).map(key => `table ${name}: its key column ${key} is not among its columns`),
    ...takenNames(Object.keys(columns)).map(
      ({ name: column, by }) =>
        `table ${name}: its columns ${by} and ${column} differ only in case, which columns of the mart may not: rename one of them`,
    ),
    ...rowTimeProblems(table),
  ]
}

function conservationProblems(
  { source, table, eventsColumn, where, late }: ConservationRule,
  own: { readonly topics: ReadonlySet<Topic>; readonly tables: readonly MartTable[] },
): string[] {
  const rule = `conservation of ${source.name} in ${table.name}`
  const columns = [eventsColumn, ...(where ? [where.column] : [])]
  const isOwn = own.topics.has(source) && own.topics.has(late) && own.tables.includes(table)
  return [
    ...(isOwn ? [] : [`${rule}: source, late topic and table must be the domain's own`]),
    ...columns
      .filter(column => !table.columns[column])
      .map(
        column =>
          `${rule}: the table has no column ${column}: expected one of ${Object.keys(table.columns).join(', ')}`,
      ),
  ]
}

interface FieldTypes {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly FieldTypes[]
  readonly enum?: readonly unknown[]
}

/** JSON types that a field may have; null where it may have any. */
function typesOf({ type, anyOf, enum: values }: FieldTypes): readonly string[] | null {
  if (anyOf) {
    const each = anyOf.map(typesOf)
    return each.includes(null) ? null : each.flatMap(types => types ?? [])
  }
  if (type === undefined) return values ? values.map(value => typeof value) : null
  return typeof type === 'string' ? [type] : type
}

const NUMBERS = ['number', 'integer']

/** A key or an event time that is no field of its topic, or one of another type, a sentence each. */
function fieldProblems({ name, schema, keyField, timeField }: Topic): string[] {
  const roles = [
    ...(keyField === null ? [] : [{ role: 'key', field: keyField, types: ['string', ...NUMBERS] }]),
    ...(timeField === null
      ? []
      : [
          {
            role: 'event time',
            field: timeField.field,
            types: timeField.unit === 'instant' ? ['string'] : NUMBERS,
          },
        ]),
  ]
  return roles.flatMap(({ role, field, types }) => {
    const declared = schema.shape[field] as z.ZodType | undefined
    if (!declared)
      return [
        `topic ${name}: its ${role} is the field "${field}", which its schema does not have: expected one of ${Object.keys(schema.shape).join(', ')}`,
      ]
    const has = typesOf(z.toJSONSchema(declared) as FieldTypes)
    return has === null || has.some(type => types.includes(type))
      ? []
      : [
          `topic ${name}: its ${role} is the field "${field}" of type ${has.join(' or ')}: expected ${types.join(' or ')}; name another field, or give a function that reads it`,
        ]
  })
}

/** What is wrong with the contracts of a domain, a sentence each. */
export function domainProblems(domain: DomainContract): string[] {
  const problems: string[] = []
  const { name, topics, tables, mappings, conservation } = domain
  if (!NAME.test(name)) problems.push(`domain "${name}": expected lower-case letters, digits and hyphens`)
  const own = new Set(Object.values(topics))
  for (const topic of own) {
    if (topic.domain !== name || !TOPIC_NAME.test(topic.name))
      problems.push(
        `topic ${topic.name}: expected the name "${name}.<stream>" of lower-case letters, digits and hyphens, or "<namespace>.<stream>" with domain: '${name}'`,
      )
    const { route, derivedFrom } = topic
    if (route && route.samples.length === 0) problems.push(`topic ${topic.name}: its route has no sample`)
    for (const source of sourcesOf(topic))
      if (!own.has(source)) problems.push(`topic ${topic.name}: its source ${source.name} is of another domain`)
    if (route && derivedFrom) problems.push(`topic ${topic.name}: a derived topic has no route`)
    problems.push(...fieldProblems(topic))
    problems.push(...personProblems(`topic ${topic.name}`, topic.person, Object.keys(topic.schema.shape)))
    if (topic.lake) problems.push(...lakeProblems(topic))
  }
  for (const table of tables) {
    if (!table.name.startsWith(`${name.replaceAll('-', '_')}_`))
      problems.push(`table ${table.name}: expected a name that begins with "${name.replaceAll('-', '_')}_"`)
    problems.push(...tableProblems(table))
    problems.push(...personProblems(`table ${table.name}`, table.person ?? null, Object.keys(table.columns)))
    if (!mappings.some(mapping => mapping.table === table))
      problems.push(`table ${table.name}: nothing is mapped to it`)
  }
  for (const { topic, table } of mappings)
    if (!own.has(topic) || !tables.includes(table))
      problems.push(`mapping ${topic.name} to ${table.name}: topic and table must be the domain's own`)
  for (const { name: measure, topic, label, values } of domain.measures) {
    const of = `measure ${name}_${measure}`
    if (!mappings.some(mapping => mapping.topic === topic))
      problems.push(`${of}: ${topic.name} has no mapping to a table: expected a topic that the mart writer reads`)
    for (const text of [measure, label])
      if (!/^[a-z][a-z0-9_]*$/.test(text)) problems.push(`${of}: "${text}": expected lower-case letters, digits and _`)
    if (values.length === 0 || values.length > 20)
      problems.push(`${of}: its label has ${values.length} values: expected 1 to 20`)
  }
  for (const rule of conservation) problems.push(...conservationProblems(rule, { topics: own, tables }))
  return problems
}
