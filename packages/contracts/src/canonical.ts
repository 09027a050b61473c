import { createHash } from 'node:crypto'
import { canonicalNumber, numberText } from './exact-json.ts'
import type { Topic } from './topic.ts'

function canonicalValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const number = numberText(value)
  return number === undefined ? canonicalFields(value, () => true) : canonicalNumber(number)
}

function canonicalFields(value: object, isPart: (field: string, value: unknown) => boolean): string {
  const fields: string[] = []
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined && isPart(key, field)) fields.push(`${JSON.stringify(key)}:${canonicalValue(field)}`)
  }
  return `{${fields.join(',')}}`
}

/**
 * The canonical form of an event, as `parseExact` or a data file of the lake gave it: JSON with keys sorted at every level, every
 * digit of its numbers, equal numbers written alike, and without fields of the topic's schema that are null, as those are missing.
 * It is equal for equal events, whatever format stored them.
 */
export const canonicalJson = ({ schema }: Pick<Topic, 'schema'>, event: object): string =>
  canonicalFields(event, (field, value) => value !== null || !Object.hasOwn(schema.shape, field))

/** SHA-256 of the canonical form, 32 bytes; a run's digest is taken over these, sorted and distinct. */
export const payloadHash = (topic: Pick<Topic, 'schema'>, event: object): Buffer =>
  createHash('sha256').update(canonicalJson(topic, event)).digest()
