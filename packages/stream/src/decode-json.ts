import { type ColumnType, columnsOf, jsonPointer } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { z } from 'zod'
import { deadLetter, ok, type Step } from './step.ts'

type FieldOf<Schema extends z.ZodObject> = keyof Schema['shape'] & string
type Decoded<Schema extends z.ZodObject, Field extends FieldOf<Schema>> = Pick<z.infer<Schema>, Field> &
  Readonly<Record<string, unknown>>

const CHECKS: Record<ColumnType, { readonly expected: string; readonly test: (value: unknown) => boolean }> = {
  string: { expected: 'a text', test: value => typeof value === 'string' },
  timestamp: { expected: 'an instant such as 2024-03-24T11:25:29.845Z', test: value => isInstant(value) },
  double: { expected: 'a number', test: value => Number.isFinite(value) },
  bigint: { expected: 'a whole number', test: value => Number.isInteger(value) },
  boolean: { expected: 'true or false', test: value => typeof value === 'boolean' },
  json: { expected: 'an object or a list', test: value => typeof value === 'object' && value !== null },
}

const isInstant = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value))

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/**
 * A step that parses a record's JSON once and checks the types of the fields that are used; the rest was checked at the gateway.
 * Unknown fields are kept.
 * @param schema the contract of the topic
 * @param fields the fields that later steps use; every field of the contract where left out
 */
export function decodeJson<Schema extends z.ZodObject, Field extends FieldOf<Schema> = FieldOf<Schema>>(
  schema: Schema,
  fields: readonly Field[] = Object.keys(schema.shape) as Field[],
): Step<LogRecord, Decoded<Schema, Field>> {
  const columns = columnsOf(schema)
  const checks = fields.map(field => {
    const column = columns.find(({ name }) => name === field)
    if (!column) throw new Error(`The schema has no field "${field}".`)
    return { field, nullable: column.nullable, ...CHECKS[column.type] }
  })
  return record => {
    let event: Record<string, unknown>
    try {
      event = JSON.parse(record.value.toString())
    } catch (error) {
      return deadLetter('not_json', `expected JSON: ${(error as Error).message}`)
    }
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return deadLetter('not_an_object', `expected a JSON object, got ${shown(event)}`)
    for (const { field, nullable, expected, test } of checks) {
      const value = event[field]
      if (test(value) || (nullable && (value === undefined || value === null))) continue
      const sourceEventId = typeof event.eventId === 'string' ? event.eventId : null
      return deadLetter('wrong_field', `${field}: expected ${expected}, got ${shown(value)}`, {
        path: jsonPointer([field]),
        sourceEventId,
      })
    }
    return ok(event as Decoded<Schema, Field>)
  }
}
