import type { Topic, WireReader, WireReaders } from '@millrace/contracts'
import { z } from 'zod'
import { answeredCodes } from '../errors.ts'
import { asMarkdown } from './markdown.ts'

export type Json = Record<string, unknown>

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

/** A JSON schema whose descriptions, which contracts write as plain text, are Markdown. */
const withMarkdown = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withMarkdown)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === 'description' && typeof value === 'string' ? asMarkdown(value) : withMarkdown(value),
    ]),
  )
}

/** The schema of a topic's records. */
export function canonicalSchema(contract: Topic): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(contract.schema) as Json
  return {
    ...(withMarkdown(schema) as Json),
    description: `Canonical form, as it travels in ${contract.name}. ${asMarkdown(contract.why)}`,
  }
}

/** The schema with what clients may send besides the canonical form: strings where there is a wire reader, no event id. */
export function wireSchema(contract: Topic): Json {
  const canonical = canonicalSchema(contract)
  const read = readNames(contract.wire).join(', ') || 'nothing'
  return {
    ...canonical,
    description: `What clients may send for ${contract.name}: the canonical form, or strings for ${read}; eventId may be left out. Unknown fields are kept.`,
    properties: wireProperties(canonical.properties as Record<string, Json>, contract.wire),
    required: (canonical.required as string[]).filter(name => name !== 'eventId'),
  }
}

/** The fields that have a reader; those of nested objects as `object.field`, the numbers in arrays as `array[]`. */
const readNames = (wire: WireReaders): string[] =>
  Object.entries(wire).flatMap(([name, { fields, items }]) => {
    if (fields) return readNames(fields).map(inner => `${name}.${inner}`)
    return items ? readNames({ [`${name}[]`]: items }) : [name]
  })

function wireProperties(properties: Readonly<Record<string, Json>>, wire: WireReaders): Json {
  const wired = Object.entries(properties).map(([name, property]) => {
    const reader = wire[name]
    return [name, reader ? wireForm(property, reader) : property]
  })
  return Object.fromEntries(wired)
}

function wireForm(property: Json, { fields, items }: WireReader): Json {
  if (fields) return { ...property, properties: wireProperties(property.properties as Record<string, Json>, fields) }
  if (items) {
    const places = property.prefixItems as readonly Json[] | undefined
    return places
      ? { ...property, prefixItems: places.map(place => wireForm(place, items)) }
      : { ...property, items: wireForm(property.items as Json, items) }
  }
  const { description, ...form } = property
  const note = 'Canonical as shown first; a string that says the same is read too.'
  return { description: `${description ?? ''}. ${note}`, anyOf: [form, { type: 'string' }] }
}

export const problemSchema: Json = {
  type: 'object',
  description:
    'An RFC 9457 problem. `record`, `pointer`, `got` and `expected` are there where the fault is in one record.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri', examples: ['urn:millrace:ingest:invalid_field'] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: {
      type: 'string',
      enum: answeredCodes,
    },
    record: { type: 'integer', minimum: 0, description: 'index of the record in the request' },
    pointer: { type: 'string', description: 'JSON pointer to the field' },
    got: { type: 'string' },
    expected: { type: 'string' },
    also: {
      type: 'array',
      description: 'up to five more wrong fields of the same record',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, got: { type: 'string' }, expected: { type: 'string' } },
      },
    },
    now: { type: 'integer', description: 'with `clock_skew`: time of the gateway, ms since the epoch' },
    accepted: { type: 'integer' },
    failed: { type: 'integer' },
    results: { type: 'array', items: ref('RecordResult') },
  },
}

export const resultSchemas: Json = {
  RecordResult: {
    type: 'object',
    required: ['index', 'status'],
    properties: {
      index: { type: 'integer', minimum: 0 },
      status: { type: 'integer', description: '200 when the record is stored, else the status of its problem' },
      eventId: { type: 'string', format: 'uuid' },
      partition: { type: 'integer' },
      offset: { type: 'integer' },
      problem: ref('Problem'),
    },
  },
  IngestResult: {
    type: 'object',
    required: ['accepted', 'failed', 'results'],
    properties: {
      accepted: { type: 'integer', description: 'records that are stored, acknowledged by all replicas of the log' },
      failed: { type: 'integer' },
      results: { type: 'array', items: ref('RecordResult') },
    },
  },
}
