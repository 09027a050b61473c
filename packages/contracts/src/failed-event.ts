import { z } from 'zod'
import { quotedPeople } from './person.ts'
import { defineTopic, instantField, keyField } from './topic.ts'
import { instant } from './wire.ts'

/** A record that a stage could not accept: why, where it came from, and its bytes, so that it can be corrected and sent again. */
export const failedEvent = z.looseObject({
  eventId: z
    .string()
    .min(1)
    .describe('id of the failure; made of topic, partition, offset and sink where there is an offset, else random'),
  datetime: instant.describe('when it failed'),
  service: z.string().describe('service that refused it'),
  stage: z.enum(['ingest', 'process', 'sink']),
  sink: z.enum(['log', 'lake', 'mart']).nullable().describe('the sink that does not have the record because of this'),
  code: z.string().describe('reason code, see the error table of the service'),
  message: z.string(),
  path: z.string().nullable().describe('JSON pointer to the field at fault'),
  domain: z.string().nullable(),
  topic: z.string().nullable().describe('topic the record was read from, or was meant for'),
  partition: z.int().min(0).nullable(),
  offset: z.int().min(0).nullable(),
  sourceEventId: z.string().nullable().describe('event id of the record, where it could be read'),
  key: z.string().nullable().describe('partition key, base64'),
  payload: z.string().describe('the original bytes, base64, never cut'),
})

const unfit = { retryable: false, kind: 'input' } as const

/** Why a service between topics could not process a record, by the code of the failed event. */
export const recordErrors = {
  not_json: { ...unfit, message: 'expected JSON: {reason}' },
  not_an_object: { ...unfit, message: 'expected a JSON object, got {got}' },
  wrong_field: { ...unfit, message: '{field}: expected {expected}, got {got}' },
  outdated: { ...unfit, message: 'version {version} is not newer than {newest}, which was accepted before' },
} as const

export type FailedEvent = z.infer<typeof failedEvent>

/** Failed events of every domain; read and sent again from here. */
export const failedEventsTopic = defineTopic({
  name: 'failed-events',
  schema: failedEvent,
  keyOf: keyField('eventId'),
  eventTimeMs: instantField('datetime'),
  partitions: 3,
  retentionDays: 30,
  maxMessageBytes: 4 << 20,
  lake: false,
  person: quotedPeople('the original bytes of refused records may name people'),
  why: 'Records that a stage could not accept, with the reason and the original bytes.',
})
