import { type Catalog, MAX_RECORD_BYTES, type Topic } from '@millrace/contracts'
import { z } from 'zod'
import { gatewayErrors } from './errors.ts'
import { defaultOptions } from './options.ts'
import { bodyEncodings } from './steps/read-body.ts'

type Json = Record<string, unknown>

const pascal = (name: string): string =>
  name.replace(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase())
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: Json, extra: Json = {}): Json => ({ schema, ...extra })

function canonicalSchema(contract: Topic): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(contract.schema) as Json
  return { ...schema, description: `Canonical form, as it travels in ${contract.name}. ${contract.why}` }
}

/** The schema with what clients may send besides the canonical form: strings where there is a wire reader, no event id. */
function wireSchema(contract: Topic): Json {
  const canonical = canonicalSchema(contract)
  const properties = canonical.properties as Record<string, Json>
  const read = Object.keys(contract.wire)
  const wired = Object.entries(properties).map(([name, property]) => {
    if (!read.includes(name)) return [name, property]
    const { description, ...form } = property
    const note = 'Canonical as shown first; a string that says the same is read too.'
    return [name, { description: `${description ?? ''}. ${note}`, anyOf: [form, { type: 'string' }] }]
  })
  return {
    ...canonical,
    description: `What clients may send for ${contract.name}: the canonical form, or strings for ${read.join(', ') || 'nothing'}; eventId may be left out. Unknown fields are kept.`,
    properties: Object.fromEntries(wired),
    required: (canonical.required as string[]).filter(name => name !== 'eventId'),
  }
}

const problemSchema: Json = {
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
      enum: Object.entries(gatewayErrors)
        .filter(([, { status }]) => status !== null)
        .map(([code]) => code),
    },
    record: { type: 'integer', minimum: 0, description: 'index of the record in the request' },
    pointer: { type: 'string', description: 'JSON pointer to the field' },
    got: { type: 'string' },
    expected: { type: 'string' },
    also: {
      type: 'array',
      description: 'more fields of the same record that are wrong',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, got: { type: 'string' }, expected: { type: 'string' } },
      },
    },
    accepted: { type: 'integer' },
    failed: { type: 'integer' },
    results: { type: 'array', items: ref('RecordResult') },
  },
}

const resultSchemas: Json = {
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

const headers: readonly Json[] = [
  {
    name: 'Content-Encoding',
    in: 'header',
    description: 'How the body is compressed.',
    schema: { type: 'string', enum: bodyEncodings },
  },
  {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes event ids for records that have none, the same ones when the same request is sent again, so that a repetition is recognised.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  {
    name: 'Prefer',
    in: 'header',
    description: '`return=minimal` lists only the failed records.',
    schema: { type: 'string', enum: ['return=minimal'] },
  },
  {
    name: 'traceparent',
    in: 'header',
    description: 'W3C trace context; travels with the records.',
    schema: { type: 'string' },
  },
]

const retryAfter = { 'Retry-After': { description: 'seconds', schema: { type: 'integer' } } }
const problem = (description: string, more: Json = {}): Json => ({
  description,
  content: { 'application/problem+json': json(ref('Problem')) },
  ...more,
})

function operation(contract: Topic): Json {
  const name = pascal(contract.name)
  const sample = contract.route?.samples[0]
  const examples = sample ? { examples: { sample: { value: sample }, batch: { value: [sample, sample] } } } : {}
  const ndjson = sample ? { examples: { lines: { value: `${JSON.stringify(sample)}\n`.repeat(2) } } } : {}
  return {
    operationId: `send${name}`,
    tags: [contract.domain],
    summary: `Send events to ${contract.name}`,
    description: `${contract.why} The answer comes when every record is stored by all replicas of the log, or is refused. At most ${defaultOptions.maxRecords} records a request and ${MAX_RECORD_BYTES} bytes a record.`,
    security: [{ apiKey: [] }],
    parameters: headers,
    requestBody: {
      required: true,
      content: {
        'application/json': json(
          { oneOf: [ref(`${name}Wire`), { type: 'array', items: ref(`${name}Wire`) }] },
          examples,
        ),
        'application/x-ndjson': json({ type: 'string', description: `one ${name}Wire a line` }, ndjson),
      },
    },
    responses: {
      '200': { description: 'Every record is stored.', content: { 'application/json': json(ref('IngestResult')) } },
      '207': {
        description: 'Some records are stored, some are not.',
        content: { 'application/json': json(ref('IngestResult')) },
      },
      '400': problem('The body cannot be read: not JSON, not UTF-8, cut off.'),
      '401': problem('No valid API key.'),
      '403': problem('The key may not write this topic, or not from this origin.'),
      '408': problem('The request took too long to arrive.'),
      '413': problem('Too many bytes or records.'),
      '415': problem('A type or encoding that is not taken.'),
      '422': problem('The record does not fit; it is kept among the failed events.'),
      '429': problem('The quota of the key is used up.', { headers: retryAfter }),
      '503': problem('Not stored now: the log is away or the gateway is full.', { headers: retryAfter }),
    },
  }
}

/** The OpenAPI 3.1 document of the gateway, made from the contracts and the error table. */
export function openApiDocument({ routes }: Catalog): Json {
  const paths: Json = {}
  const schemas: Json = {}
  for (const [path, contract] of routes) {
    paths[path] = { post: operation(contract) }
    schemas[`${pascal(contract.name)}Wire`] = wireSchema(contract)
    schemas[pascal(contract.name)] = canonicalSchema(contract)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace ingest gateway',
      version: '1',
      summary: 'Events in, stored durably, with an answer for every record.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: mr_<id>_<secret>.' },
      },
      schemas: { ...schemas, ...resultSchemas, Problem: problemSchema },
    },
  }
}
