import { hash } from 'node:crypto'
import { canonicalNumber, numberText } from './exact-json.ts'
import type { Topic } from './topic.ts'

function canonicalValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const number = numberText(value)
  return number === undefined ? canonicalFields(value, () => true) : canonicalNumber(number)
}

interface Field {
  readonly key: string
  /** The key as JSON, with a colon. */
  readonly prefix: string
}

let lastKeys: readonly string[] = []
let lastFields: readonly Field[] = []

/** The keys of an object, sorted. Those of the last object are kept: events of a topic have the same ones, mostly. */
function sortedFields(value: object): readonly Field[] {
  const keys = Object.keys(value)
  if (keys.length === lastKeys.length && keys.every((key, index) => key === lastKeys[index])) return lastFields
  lastKeys = keys
  lastFields = keys.toSorted().map(key => ({ key, prefix: `${JSON.stringify(key)}:` }))
  return lastFields
}

function canonicalFields(value: object, isPart: (field: string, value: unknown) => boolean): string {
  let fields = ''
  for (const { key, prefix } of sortedFields(value)) {
    const field = (value as Record<string, unknown>)[key]
    if (field === undefined || !isPart(key, field)) continue
    if (fields !== '') fields += ','
    fields += prefix + canonicalValue(field)
  }
  return `{${fields}}`
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
  hash('sha256', canonicalJson(topic, event), 'buffer')
