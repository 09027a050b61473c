import {
  bigint,
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  epochSecondsField,
  eventId,
  instant,
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

const HOUR_MS = 3_600_000

/** The apps of the scenario; other names are accepted and kept. */
export const apps = ['SKYPE', 'TELEGRAM', 'FACETIME', 'FACEBOOK', 'WHATSAPP'] as const

const deviceId = z.string().min(1).max(128).describe('device; the partition key')

/** Bytes that a device sent through an antenna with an app, as they travel in `antenna.raw`. */
export const antennaRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  bytes: z.int().min(0).describe('bytes that were sent'),
  timestamp: z.int().min(0).describe('event time, seconds since the epoch'),
  app: z.string().min(1).max(64).describe('app that sent them'),
  id: deviceId,
  antenna_id: z.string().min(1).max(128).describe('antenna that carried them'),
})

const wire: WireReaders = { eventId: wireEventId, bytes: wireNumber, timestamp: wireNumber }

/** A raw event with its event time as an instant, its clock hour, and the app's name in capitals; the same event id. */
export const antennaCurated = antennaRaw.extend({
  app: z.string().min(1).max(64).describe('app that sent them, in capitals'),
  datetime: instant.describe('event time'),
  hour: instant.describe('start of the UTC clock hour of the event'),
})

/** Who owns a device and what it may use. */
export const antennaUser = z.looseObject({
  eventId: eventId.describe('id of the record, from the producer or given by the gateway'),
  id: deviceId,
  name: z.string().min(1).max(256).describe('name of the owner'),
  email: z.string().min(3).max(320).describe('address of the owner'),
  quota: z.int().min(0).describe('bytes that the device may send in a clock hour'),
})

/** What a device really sent in a clock hour. Detectors never read it. */
export const antennaTruth = z.looseObject({
  eventId: eventId.describe('id of the truth record'),
  datetime: instant.describe('start of the hour'),
  id: deviceId,
  usage: z.int().min(0).describe('bytes that the device sent in the hour'),
  quota: z.int().min(0).describe('bytes that it may send'),
  over: z.boolean().describe('true when the usage exceeds the quota'),
})

export type AntennaRaw = z.infer<typeof antennaRaw>
export type AntennaCurated = z.infer<typeof antennaCurated>
export type AntennaUser = z.infer<typeof antennaUser>
export type AntennaTruth = z.infer<typeof antennaTruth>

/** Start of the clock hour (UTC) of a time, ms since the epoch. */
export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS) * HOUR_MS

const keyOf = keyField('id')
/** A quiet domain: one event per device and minute. */
const partitions = 3

const raw = defineTopic({
  name: 'antenna.raw',
  schema: antennaRaw,
  wire,
  keyOf,
  eventTimeMs: epochSecondsField('timestamp'),
  partitions,
  samples: [
    {
      bytes: 9082,
      timestamp: 1600545287,
      app: 'SKYPE',
      id: '00000000-0000-0000-0000-000000000001',
      antenna_id: '00000000-0000-0000-0000-000000000000',
    },
  ],
  why: 'Bytes that mobile devices send through antennas, as accepted by the gateway; keyed by device so that one device stays in order.',
})

const curated = defineTopic({
  name: 'antenna.curated',
  schema: antennaCurated,
  keyOf,
  eventTimeMs: epochSecondsField('timestamp'),
  partitions,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw events with the event time as an instant, the clock hour and normalised app names.',
})

const users = defineTopic({
  name: 'antenna.users',
  schema: antennaUser,
  wire: { eventId: wireEventId, quota: wireNumber },
  keyOf,
  eventTimeMs: () => null,
  timeText: 'none; the time of receipt counts',
  partitions: 1,
  cleanup: 'compact',
  lake: false,
  samples: [
    {
      id: '00000000-0000-0000-0000-000000000001',
      name: 'andres',
      email: 'andres@example.com',
      quota: 200000,
    },
  ],
  why: 'Reference data: owner and hourly quota of each device; the newest record of a device counts.',
})

const truth = defineTopic({
  name: 'antenna.truth',
  schema: antennaTruth,
  wire: { eventId: wireEventId, datetime: wireInstant, usage: wireNumber, quota: wireNumber },
  keyOf,
  eventTimeMs: (event: AntennaTruth) => Date.parse(event.datetime),
  timeText: '`datetime`',
  partitions,
  samples: [
    {
      eventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11',
      datetime: '2024-03-24T11:00:00.000Z',
      id: '00000000-0000-0000-0000-000000000004',
      usage: 62308,
      quota: 5000,
      over: true,
    },
  ],
  why: 'What devices really sent per clock hour, and who exceeded the quota; never read by the aggregator.',
})

const events = defineTable({
  name: 'antenna_events',
  description: 'Curated events of mobile antennas, by hour and device.',
  partitionKey: ['hour', 'id'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  columns: {
    hour: timestamp('start of the UTC clock hour'),
    id: text('device'),
    datetime: timestamp('event time'),
    event_id: text('id of the event'),
    app: text('app that sent the bytes, in capitals'),
    antenna_id: text('antenna that carried them'),
    bytes: bigint('bytes that were sent'),
  },
})

const mappings = [
  defineMapping(curated, events, event => ({
    writeTimeMicros: microsOf(event.timestamp * 1000),
    values: {
      hour: Date.parse(event.hour),
      id: event.id,
      datetime: event.timestamp * 1000,
      event_id: event.eventId,
      app: event.app,
      antenna_id: event.antenna_id,
      bytes: event.bytes,
    },
  })),
]

/** Mobile antennas: topics, tables and mappings. */
export const antenna = defineDomain({
  name: 'antenna',
  title: 'Traffic of mobile devices through antennas',
  topics: { raw, curated, users, truth },
  tables: [events],
  mappings,
})
