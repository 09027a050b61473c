import { cloudEventsShape } from '../../shapes/cloud-events.ts'
import { type Json, ref } from '../schemas.ts'
import type { ShapeDescription } from '../shape-examples.ts'

const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'

const cloudEvent = (data: unknown, topicName: string, number: number): Json => ({
  specversion: '1.0',
  type: topicName,
  source: 'https://shop.example.com/orders',
  id: `order-${number}`,
  data,
})
const attribute = (name: string): Json => ({
  name,
  in: 'header',
  description: 'In binary mode.',
  schema: { type: 'string' },
})
const schema: Json = {
  type: 'object',
  required: ['specversion', 'type', 'source', 'id'],
  properties: {
    specversion: { type: 'string', enum: ['1.0'] },
    type: { type: 'string', description: 'Name of the topic.' },
    source: { type: 'string', minLength: 1 },
    id: { type: 'string', minLength: 1 },
    datacontenttype: { type: 'string', description: 'A type of JSON.' },
    data: { description: 'The event.' },
    data_base64: { type: 'string', description: 'Instead of `data`: the JSON of the event as base64.' },
  },
}

/** CloudEvents, as the document describes them. */
export const cloudEventsDescription: ShapeDescription = {
  shape: cloudEventsShape,
  path: '/v1/cloudevents',
  operationId: 'sendCloudEvents',
  title: 'CloudEvents',
  description:
    'CloudEvents 1.0 in structured, batched and binary content mode. `type` is the name of the topic, `data` is the event. ' +
    'An event without an `eventId` gets `id` as its event id if that is a UUID, otherwise one made from `source` and `id`. The other attributes are not stored.',
  parameters: ['ce-specversion', 'ce-type', 'ce-source', 'ce-id'].map(attribute),
  bodyOf: (events, topicName) =>
    events.length === 1
      ? { contentType: STRUCTURED, body: cloudEvent(events[0], topicName, 1) }
      : { contentType: BATCH, body: events.map((event, index) => cloudEvent(event, topicName, index + 1)) },
  otherBodies: () => [],
  bodySchema: { oneOf: [schema, { type: 'array', items: schema }] },
  answerSchema: ref('IngestResult'),
  errorSchema: ref('Problem'),
  refused: (event, topicName) => [
    { code: 'no_records', cause: 'The batch is empty.', body: [], contentType: BATCH },
    {
      code: 'invalid_envelope',
      cause: 'The CloudEvent has no `id`.',
      body: { ...cloudEvent(event, topicName, 1), id: undefined },
    },
  ],
  others: {},
}
