import { type DomainContract, eventTimeOf, RECEIVED_AT, type Topic } from '@millrace/contracts'
import { rowProblem } from '@millrace/mart'
import { createTopologyDriver } from '@millrace/testing'
import fc from 'fast-check'
import { z } from 'zod'
import type { Curation } from '../curation.ts'

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** More bytes than any key of the mart may have, and fewer than a record. */
const LONG = 70_000
const SEED = 1
const MOST_REASONS = 3

function textsOf({ format, pattern, minLength = 0, maxLength = LONG }: JsonSchema): string[] {
  if (format === 'date-time')
    return ['2024-03-24T11:25:29.845Z', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']
  if (format === 'date') return ['2024-03-24', '0000-01-01', '9999-12-31']
  if (pattern !== undefined) return fc.sample(fc.stringMatching(new RegExp(pattern)), { seed: SEED, numRuns: 20 })
  return [Math.max(1, minLength), minLength, maxLength].map(length => 'ΐ'.repeat(length))
}

/** The next number that a schema of a type lets through behind one that it excludes. */
const besides = (excluded: number, type: unknown, direction: 1 | -1): number =>
  excluded + direction * (type === 'integer' ? 1 : Math.max(1, Math.abs(excluded)) * Number.EPSILON)

function numbersOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): number[] {
  const least = Math.max(
    minimum ?? -Number.MAX_VALUE,
    exclusiveMinimum === undefined ? -Number.MAX_VALUE : besides(exclusiveMinimum, type, 1),
  )
  const most = Math.min(
    maximum ?? Number.MAX_VALUE,
    exclusiveMaximum === undefined ? Number.MAX_VALUE : besides(exclusiveMaximum, type, -1),
  )
  return [Math.min(Math.max(1, least), most), least, most]
}

/** Arrays of the fewest items that a schema lets through, and with one. */
function arraysOf({ items, prefixItems, minItems = 0 }: JsonSchema): unknown[][] {
  if (prefixItems) return [prefixItems.map(item => extremesOf(item)[0])]
  const arrayOf = (length: number): unknown[] => Array.from({ length }, () => extremesOf(items ?? {})[0])
  return [...new Set([minItems, Math.max(1, minItems)])].map(arrayOf)
}

/** What a field of any kind may hold. */
const ANYTHING = [1, 'text', true, null, [], {}]

/** Values that a schema lets through, the outermost of its ranges among them; the first is an ordinary one where there is any. */
function extremesOf(schema: JsonSchema): unknown[] {
  const { anyOf, properties, required = [] } = schema
  if (anyOf) return anyOf.flatMap(extremesOf)
  if (typeof schema.type === 'object') return schema.type.flatMap(type => extremesOf({ ...schema, type }))
  if (schema.const !== undefined) return [schema.const]
  if (schema.enum) return [...schema.enum]
  switch (schema.type) {
    case 'null':
      return [null]
    case 'boolean':
      return [true, false]
    case 'string':
      return textsOf(schema)
    case 'integer':
    case 'number':
      return numbersOf(schema)
    case 'array':
      return arraysOf(schema)
    case 'object': {
      const fields = Object.entries(properties ?? {}).map(([name, field]) => ({ name, values: extremesOf(field) }))
      const whole = Object.fromEntries(fields.map(({ name, values }) => [name, values[0]]))
      const without = (absent: string): object =>
        Object.fromEntries(Object.entries(whole).filter(([name]) => name !== absent))
      return [
        whole,
        Object.fromEntries(fields.map(({ name, values }) => [name, values.at(-1)])),
        ...fields.flatMap(({ name, values }) => values.slice(1).map(value => ({ ...whole, [name]: value }))),
        ...fields.flatMap(({ name }) => (required.includes(name) ? [] : [without(name)])),
      ]
    }
    case undefined:
      return ANYTHING
    default:
      throw new Error(`No values are known for ${JSON.stringify(schema)}.`)
  }
}

/** Events of a topic with the outermost values of each field. @throws where its schema refuses the ordinary one */
export function extremeEvents({ name, schema }: Topic): object[] {
  const [first, ...rest] = extremesOf(z.toJSONSchema(schema) as JsonSchema) as object[]
  const { error } = schema.safeParse(first)
  if (error) throw new Error(`The event made for ${name} is none of its schema: ${z.prettifyError(error)}`)
  // Ranges that depend on one another are not in the JSON schema.
  return [first!, ...rest.filter(event => schema.safeParse(event).success)]
}

/** What a curation makes of valid events that is no valid event of its target, a sentence for each field. An event without a time has one of receipt, as behind the gateway. */
export async function miscuratedOf({ source, target, createTopology }: Curation): Promise<string[]> {
  const events = extremeEvents(source).map((event, index) => ({
    ...(eventTimeOf(source, event as Record<string, unknown>) === null && {
      [RECEIVED_AT]: '2024-03-24T11:25:29.845Z',
    }),
    ...event,
    eventId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  }))
  await using driver = await createTopologyDriver(createTopology({}), { validateOutputs: false })
  await driver.pipe(source, ...events)
  const reasons = [...new Set((await driver.failed()).map(({ message }) => message))]
  const curated = (await driver.records(target.name)).map(({ value }) => JSON.parse(value.toString()) as unknown)
  const found = new Set<string>()
  if (curated.length !== events.length)
    found.add(
      [`${events.length} valid events became ${curated.length} curated ones`, ...reasons.slice(0, MOST_REASONS)].join(
        ': ',
      ),
    )
  for (const event of curated)
    for (const { path, message } of target.schema.safeParse(event).error?.issues ?? [])
      found.add(`${target.name}: ${path.join('.')} is not valid: ${message}`)
  return [...found].sort()
}

const isGiven = (value: unknown): boolean => value !== null && value !== undefined

function rowOrProblem<T>(what: string, make: () => T): { readonly row: T } | { readonly thrown: string } {
  try {
    return { row: make() }
  } catch (error) {
    return { thrown: `${what} throws: ${(error as Error).message}` }
  }
}

/**
 * Valid events that the mart cannot hold, a sentence for each column: they would end as failed events of the mart writer.
 * And columns to which no mapping gives a value, whatever the event.
 */
export function unstorableOf({ mappings, tables }: DomainContract): string[] {
  const found = new Set<string>()
  const given = new Set<string>()
  for (const { topic, table, toRow } of mappings)
    for (const event of extremeEvents(topic)) {
      const made = rowOrProblem(`the mapping of ${topic.name} to ${table.name}`, () => toRow(event as never))
      if ('thrown' in made) found.add(made.thrown)
      if ('thrown' in made || !made.row) continue
      for (const [column, value] of Object.entries(made.row.values))
        if (isGiven(value)) given.add(`${table.name}.${column}`)
      const problem = rowProblem(table, made.row)
      if (problem)
        found.add(
          Object.hasOwn(table.columns, problem.column) || problem.column === 'writeTimeMicros'
            ? `${table.name}.${problem.column} cannot hold ${problem.got} of a valid event of ${topic.name}: expected ${problem.expected}`
            : `${table.name} has no column ${problem.column}, which the mapping of ${topic.name} gives: expected ${problem.expected}`,
        )
    }
  for (const { name, columns } of tables)
    for (const column of Object.keys(columns))
      if (!given.has(`${name}.${column}`))
        found.add(`${name}.${column}: no mapping gives it a value; add it to the values of a mapping, or remove it`)
  return [...found].sort()
}
