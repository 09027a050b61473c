import { confluentShape } from '../../shapes/confluent-rest.ts'
import type { Json } from '../schemas.ts'
import type { ShapeDescription } from '../shape-examples.ts'

const JSON_TYPE = 'application/vnd.kafka.json.v2+json'
const BINARY_TYPE = 'application/vnd.kafka.binary.v2+json'

const recordsOf = (values: readonly unknown[]): Json => ({ records: values.map(value => ({ value })) })
const nullable = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] })
const offsets: Json = {
  type: 'array',
  description: 'a result for each record, in their order',
  items: {
    type: 'object',
    properties: {
      partition: nullable({ type: 'integer' }),
      offset: nullable({ type: 'integer' }),
      error_code: nullable({ type: 'integer', description: '50003 where the record can be sent again as it is' }),
      error: nullable({ type: 'string' }),
    },
  },
}
const schemaIds: Json = { key_schema_id: { type: 'null' }, value_schema_id: { type: 'null' } }
const topicParameter: Json = {
  name: 'topic',
  in: 'path',
  required: true,
  description: 'Name of a topic that the key may write.',
  schema: { type: 'string' },
}
const read = (operationId: string, summary: string, more: Json, schema: Json): Json => ({
  get: {
    operationId,
    tags: ['Confluent REST Proxy'],
    summary,
    security: [{ apiKey: [] }, { basic: [] }],
    ...more,
    responses: {
      '200': { description: summary, content: { 'application/vnd.kafka.v2+json': { schema } } },
    },
  },
})

/** Confluent REST Proxy, as the document describes it. */
export const confluentDescription: ShapeDescription = {
  shape: confluentShape,
  path: '/topics/{topic}',
  operationId: 'produce',
  title: 'Confluent REST Proxy',
  description:
    'The produce API of Confluent REST Proxy, version 2. A record has the event as its `value`. `key` and `partition` may be left out: the gateway makes both from the event, and refuses others. ' +
    'The status is 200 if at least one record is stored: read `error_code` of each record. The password of Basic authentication may be the API key.',
  parameters: [topicParameter],
  bodyOf: events => ({ contentType: JSON_TYPE, body: recordsOf(events) }),
  otherBodies: event => [
    { contentType: BINARY_TYPE, body: recordsOf([Buffer.from(JSON.stringify(event)).toString('base64')]) },
  ],
  bodySchema: {
    type: 'object',
    required: ['records'],
    properties: {
      records: {
        type: 'array',
        items: {
          type: 'object',
          required: ['value'],
          properties: {
            value: { description: 'The event; with `application/vnd.kafka.binary.v2+json` its JSON as base64.' },
            key: nullable({ type: ['string', 'number'] }),
            partition: nullable({ type: 'integer', minimum: 0 }),
          },
        },
      },
    },
  },
  answerSchema: { type: 'object', properties: { offsets, ...schemaIds } },
  errorSchema: {
    type: 'object',
    required: ['error_code', 'message'],
    properties: { error_code: { type: 'integer' }, message: { type: 'string' }, offsets, ...schemaIds },
  },
  refused: event => [
    { code: 'no_records', cause: 'The list of records is empty.', body: recordsOf([]) },
    { code: 'invalid_envelope', cause: 'The record has no value.', body: { records: [{ key: 'a' }] } },
    {
      code: 'wrong_key',
      cause: 'The record has another key than the gateway makes from the event.',
      body: { records: [{ key: 'another key', value: event }] },
    },
    {
      code: 'wrong_partition',
      cause: 'The record has another partition than its key.',
      body: { records: [{ partition: 1_000_000, value: event }] },
    },
  ],
  others: {
    '/topics/{topic}': read(
      'getTopic',
      'A topic that the key may write, and its partitions. `leader` is -1: the gateway does not know it.',
      { parameters: [topicParameter] },
      {
        type: 'object',
        properties: {
          name: { type: 'string' },
          configs: { type: 'object' },
          partitions: { type: 'array', items: { type: 'object' } },
        },
      },
    ),
    '/topics': read(
      'listTopics',
      'The names of the topics that the key may write.',
      {},
      { type: 'array', items: { type: 'string' } },
    ),
  },
}
