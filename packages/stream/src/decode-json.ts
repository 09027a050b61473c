import { type Column, type ColumnType, columnsOf, jsonPointer } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { z } from 'zod'
import { deadLetter, ok, type Step } from './step.ts'

type FieldOf<Schema extends z.ZodObject> = keyof Schema['shape'] & string
type Decoded<Schema extends z.ZodObject, Field extends FieldOf<Schema>> = Pick<z.infer<Schema>, Field> &
  Readonly<Record<string, unknown>>

interface TypeCheck {
  readonly expected: string
  readonly test: (value: unknown) => boolean
}

const CHECKS: Record<Exclude<ColumnType, 'rows'>, TypeCheck> = {
  string: { expected: 'a text', test: value => typeof value === 'string' },
  timestamp: { expected: 'an instant such as 2024-03-24T11:25:29.845Z', test: value => isInstant(value) },
  double: { expected: 'a number', test: value => Number.isFinite(value) },
  bigint: { expected: 'a whole number', test: value => Number.isInteger(value) },
  boolean: { expected: 'true or false', test: value => typeof value === 'boolean' },
  json: { expected: 'an object or a list', test: value => typeof value === 'object' && value !== null },
}

const isInstant = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value))

function checkOf({ type, rowColumns }: Column): TypeCheck {
  if (type !== 'rows') return CHECKS[type]
  const places = rowColumns.map(column => CHECKS[column.type])
  const isRow = (row: unknown): boolean =>
    Array.isArray(row) && row.length === places.length && places.every(({ test }, index) => test(row[index]))
  return {
    expected: `a list of rows of ${places.length} numbers`,
    test: value => Array.isArray(value) && value.every(isRow),
  }
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

interface FieldCheck extends TypeCheck {
  readonly field: string
  readonly nullable: boolean
  /** Of an object: its fields. */
  readonly inner: readonly FieldCheck[]
}

function checksOf(schema: z.ZodObject, fields: readonly string[]): FieldCheck[] {
  const columns = columnsOf(schema)
  return fields.map(field => {
    const column = columns.find(({ name }) => name === field)
    if (!column) throw new Error(`The schema has no field "${field}".`)
    const of = schema.shape[field]
    const inner = of instanceof z.ZodObject ? checksOf(of, Object.keys(of.shape)) : []
    return { field, nullable: column.nullable, ...checkOf(column), inner }
  })
}

interface Fault {
  /** Names of the fields that lead to it. */
  readonly path: readonly string[]
  readonly expected: string
  readonly value: unknown
}

/** The first field that has the wrong type. */
function faultOf(object: Readonly<Record<string, unknown>>, checks: readonly FieldCheck[]): Fault | null {
  for (const { field, nullable, expected, test, inner } of checks) {
    const value = object[field]
    if (nullable && (value === undefined || value === null)) continue
    if (!test(value)) return { path: [field], expected, value }
    if (inner.length === 0) continue
    const fault = faultOf(value as Readonly<Record<string, unknown>>, inner)
    if (fault) return { ...fault, path: [field, ...fault.path] }
  }
  return null
}

/**
 * A step that parses a record's JSON once and checks the types of the fields that are used, and of the fields of objects among them;
 * the rest was checked at the gateway.
 * Unknown fields are kept.
 * @param schema the contract of the topic
 * @param fields the fields that later steps use; every field of the contract where left out
 */
export function decodeJson<Schema extends z.ZodObject, Field extends FieldOf<Schema> = FieldOf<Schema>>(
  schema: Schema,
  fields: readonly Field[] = Object.keys(schema.shape) as Field[],
): Step<LogRecord, Decoded<Schema, Field>> {
  const checks = checksOf(schema, fields)
  return record => {
    let event: Record<string, unknown>
    try {
      event = JSON.parse(record.value.toString())
    } catch (error) {
      return deadLetter('not_json', `expected JSON: ${(error as Error).message}`)
    }
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return deadLetter('not_an_object', `expected a JSON object, got ${shown(event)}`)
    const fault = faultOf(event, checks)
    if (fault) {
      const { path, expected, value } = fault
      const sourceEventId = typeof event.eventId === 'string' ? event.eventId : null
      return deadLetter('wrong_field', `${path.join('.')}: expected ${expected}, got ${shown(value)}`, {
        path: jsonPointer(path),
        sourceEventId,
      })
    }
    return ok(event as Decoded<Schema, Field>)
  }
}
