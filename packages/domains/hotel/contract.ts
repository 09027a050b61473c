import {
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  double,
  eventId,
  instant,
  instantField,
  keyField,
  microsOf,
  text,
  timestamp,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from '@millrace/contracts'
import { z } from 'zod'

/** What an account did, as it travels in `hotel.raw`. */
export const hotelRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  datetime: instant.describe('event time'),
  account: z.string().min(1).max(128).describe('who did it; the partition key'),
  method: z.string().min(1).max(128).describe('what was done'),
  value: z.number().describe('how much of it'),
})

const wire: WireReaders = { eventId: wireEventId, datetime: wireInstant, value: wireNumber }

/** A raw event with derived columns; the same event id. */
export const hotelCurated = hotelRaw.extend({
  day: z.iso.date().describe('UTC day of the event'),
})

export type HotelRaw = z.infer<typeof hotelRaw>
export type HotelCurated = z.infer<typeof hotelCurated>

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')

const raw = defineTopic({
  name: 'hotel.raw',
  schema: hotelRaw,
  wire,
  keyOf,
  eventTimeMs,
  partitions: 3,
  samples: [{ datetime: '2024-03-24T11:25:29.845Z', account: 'account_1', method: '/view', value: '7' }],
  why: 'Events as accepted by the gateway; keyed by account so that one account stays in order.',
})

const curated = defineTopic({
  name: 'hotel.curated',
  schema: hotelCurated,
  keyOf,
  eventTimeMs,
  partitions: 3,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw events with derived columns.',
})

const events = defineTable({
  name: 'hotel_events',
  description: 'Curated events, by day and account.',
  purpose: {
    question: 'What did an account do on a day?',
    partitionRows: 'the events of one account in a day: about 2,900',
    example: { day: '2024-03-24', account: 'account_1' },
  },
  partitionKey: ['day', 'account'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  columns: {
    day: text('UTC day of the event'),
    account: text('who did it'),
    datetime: timestamp('event time'),
    event_id: text('id of the event'),
    method: text('what was done'),
    value: double('how much of it'),
  },
})

const mappings = [
  defineMapping(curated, events, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      day: event.day,
      account: event.account,
      datetime: Date.parse(event.datetime),
      event_id: event.eventId,
      method: event.method,
      value: event.value,
    },
  })),
]

/** Topics, tables and mappings of the domain. */
export const hotel = defineDomain({
  name: 'hotel',
  title: 'Hotel events',
  topics: { raw, curated },
  tables: [events],
  mappings,
})
