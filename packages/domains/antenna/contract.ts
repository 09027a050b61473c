import {
  bigint,
  defineDomain,
  defineMapping,
  defineMeasure,
  defineTable,
  defineTopic,
  epochSecondsField,
  eventId,
  instant,
  instantField,
  keyField,
  microsOf,
  personIn,
  text,
  timestamp,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic } from '@millrace/stream/windows'
import { z } from 'zod'

const HOUR_MS = 3_600_000
/** The last one that an instant can say: of the year 9999. */
const LAST_SECOND = 253_402_300_799
const MAX_APP = 64
/** A text in capitals may be three times as long, as with ΐ. */
const MAX_CAPITALS = 3 * MAX_APP

/** The apps of the scenario; other names are accepted and kept. */
export const apps = ['SKYPE', 'TELEGRAM', 'FACETIME', 'FACEBOOK', 'WHATSAPP'] as const

const deviceId = z.string().min(1).max(128).describe('device; the partition key')

/** Bytes that a device sent through an antenna with an app, as they travel in `antenna.raw`. */
export const antennaRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  bytes: z.int().min(0).describe('bytes that were sent'),
  timestamp: z.int().min(0).max(LAST_SECOND).describe('event time, seconds since the epoch'),
  app: z.string().min(1).max(MAX_APP).describe('app that sent them'),
  id: deviceId,
  antenna_id: z.string().min(1).max(128).describe('antenna that carried them'),
})

const wire: WireReaders = { eventId: wireEventId, bytes: wireNumber, timestamp: wireNumber }

/** A raw event with its event time as an instant, its clock hour, and the app's name in capitals; the same event id. */
export const antennaCurated = antennaRaw.extend({
  app: z.string().min(1).max(MAX_CAPITALS).describe('app that sent them, in capitals'),
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

const breachId = z.string().min(1).describe('<device>@<start of the hour>')
const hour = instant.describe('start of the UTC clock hour')
const name = z.string().describe('name of the owner')
const email = z.string().describe('address of the owner')
const quota = z.int().min(0).describe('bytes that the device may send in a clock hour')

/** A device exceeded its quota; once per device and hour. */
export const antennaBreach = z.looseObject({
  eventId: breachId,
  sourceEventId: eventId.describe('id of the event with which the usage exceeded the quota'),
  datetime: instant.describe('event time of that event'),
  hour,
  id: deviceId,
  name,
  email,
  quota,
  usage: z.int().min(0).describe('bytes of the hour with that event'),
})

/** The usage of a device that is over its quota, after each event; the newest revision counts. */
export const antennaOverQuota = z.looseObject({
  eventId: breachId,
  hour,
  id: deviceId,
  name,
  email,
  quota,
  usage: z.int().min(0).describe('bytes of the hour so far'),
  events: z.int().min(1).describe('events of the hour so far'),
  crossedAt: instant.describe('event time of the event with which the usage exceeded the quota'),
  crossingEventId: eventId.describe('id of that event'),
  usageAtCrossing: z.int().min(0).describe('bytes of the hour with that event'),
  revision: z.int().min(0).describe('offset of the last event that is counted; grows with every correction'),
})

const window = instant.describe('start of the window')
const events = z.int().min(1).describe('events of the window')
const revision = z.int().min(1).describe('grows with every correction')

/** What a sum of bytes is over: app, antenna or user. */
export const sumTypes = ['app_total_bytes', 'antenna_total_bytes', 'user_total_bytes'] as const

/** Bytes of one app, antenna or user in five minutes; the newest revision counts. */
export const antennaBytes = z.looseObject({
  timestamp: window,
  type: z.enum(sumTypes).describe('what the sum is over'),
  id: z.string().min(1).max(MAX_CAPITALS).describe('the app, antenna or device'),
  value: z.int().min(0).describe('bytes'),
  events,
  revision,
})

/** Bytes of one device in a clock hour; the newest revision counts. */
export const antennaUsage = z.looseObject({
  hour: window,
  id: deviceId,
  usage: z.int().min(0).describe('bytes'),
  events,
  revision,
})

/** A device that sends and has no reference record; once per device and hour. */
export const antennaUnknownDevice = z.looseObject({
  eventId: breachId,
  hour,
  id: deviceId,
  datetime: instant.describe('event time of the first event of the hour'),
})

export type AntennaRaw = z.infer<typeof antennaRaw>
export type AntennaCurated = z.infer<typeof antennaCurated>
export type AntennaUser = z.infer<typeof antennaUser>
export type AntennaTruth = z.infer<typeof antennaTruth>

/** Start of the clock hour (UTC) of a time, ms since the epoch. */
export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS) * HOUR_MS

/** The sum of bytes; one above 2^53 - 1, the largest integer that is exact, is that number. */
export const addBytes = (a: number, b: number): number => Math.min(a + b, Number.MAX_SAFE_INTEGER)

const keyOf = keyField('id')
/** A quiet domain: one event per device and minute. */
const partitions = 3

const byDevice = personIn({ device: 'id' })
/** Of an owner by address, else of a device. */
const byOwner = personIn({ email: 'email', device: 'id' })

const raw = defineTopic({
  person: byDevice,
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
  person: byOwner,
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
  person: byDevice,
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

const breaches = defineTopic({
  person: byOwner,
  name: 'antenna.quota-breaches',
  schema: antennaBreach,
  keyOf,
  eventTimeMs: instantField('datetime'),
  partitions,
  retentionDays: 30,
  derivedFrom: { topic: raw, by: 'aggregator', topology: 'quota', relation: 'some' },
  why: 'Alerts: devices that exceeded their quota in a clock hour, once per device and hour, at the event that crossed it.',
})

const overQuota = defineTopic({
  person: byOwner,
  name: 'antenna.over-quota',
  schema: antennaOverQuota,
  keyOf,
  eventTimeMs: instantField('crossedAt'),
  partitions,
  lake: false,
  derivedFrom: { topic: raw, by: 'aggregator', topology: 'quota', relation: 'aggregate' },
  why: 'Usage of devices that are over their quota, corrected with each later event of the hour.',
})

// The sums of a device have the group ['user_total_bytes', <device>].
const ofBytes = {
  ...{ source: raw, topology: 'bytes', of: 'the sums of antenna.bytes' },
  person: personIn({ device: 'group.1' }),
}
const ofUsage = {
  ...{ source: raw, topology: 'usage', of: 'the sums of antenna.usage' },
  person: personIn({ device: 'group.0' }),
}
const bytesPartials = definePartialsTopic({ name: 'antenna.bytes-partials', ...ofBytes })
const bytesLate = defineLateTopic({ name: 'antenna.bytes-late', ...ofBytes })
const usagePartials = definePartialsTopic({ name: 'antenna.usage-partials', ...ofUsage })
const usageLate = defineLateTopic({ name: 'antenna.usage-late', ...ofUsage })

const bytes = defineTopic({
  person: byDevice,
  name: 'antenna.bytes',
  schema: antennaBytes,
  keyOf,
  eventTimeMs: instantField('timestamp'),
  partitions,
  lake: false,
  derivedFrom: { topic: bytesPartials, by: 'aggregator', topology: 'bytes', relation: 'aggregate' },
  why: 'Bytes per five minutes by app, by antenna and by user.',
})

const usage = defineTopic({
  person: byDevice,
  name: 'antenna.usage',
  schema: antennaUsage,
  keyOf,
  eventTimeMs: instantField('hour'),
  partitions,
  lake: false,
  derivedFrom: { topic: usagePartials, by: 'aggregator', topology: 'usage', relation: 'aggregate' },
  why: 'Bytes per clock hour and device.',
})

const unknownDevices = defineTopic({
  name: 'antenna.unknown-devices',
  schema: antennaUnknownDevice,
  keyOf,
  eventTimeMs: instantField('datetime'),
  partitions,
  lake: false,
  derivedFrom: { topic: raw, by: 'aggregator', topology: 'quota', relation: 'some' },
  why: 'Devices that send and have no reference record, once per device and hour.',
})

export const quotaBreaches = defineTable({
  name: 'antenna_quota_breaches',
  description: 'Devices that exceeded their quota, by clock hour; the usage is that of the whole hour so far.',
  purpose: {
    question: 'Which devices exceeded their quota in an hour, when, and what did they use in the whole hour?',
    partitionRows: 'one for each device over its quota: at most the number of devices',
    example: { hour: '2024-03-24T11:00:00.000Z' },
  },
  person: byOwner,
  partitionKey: ['hour'],
  clusteringKey: [{ column: 'id', order: 'asc' }],
  rowTime: 'hour',
  columns: {
    hour: timestamp('start of the UTC clock hour'),
    id: text('device'),
    name: text('name of the owner'),
    email: text('address of the owner'),
    usage: bigint('bytes of the hour so far'),
    quota: bigint('bytes that the device may send in a clock hour'),
    events: bigint('events of the hour so far'),
    crossed_at: timestamp('event time of the event with which the usage exceeded the quota'),
    crossing_event_id: text('id of that event'),
    usage_at_crossing: bigint('bytes of the hour with that event'),
    revision: bigint('grows with every correction'),
  },
})

export const sums = defineTable({
  name: 'antenna_bytes',
  description: 'Bytes per five minutes by app, antenna and user.',
  purpose: {
    question: 'How many bytes went through each app, each antenna or each device in five minutes?',
    partitionRows: 'one for each app, antenna or device: at most the number of devices',
    example: { timestamp: '2024-03-24T11:00:00.000Z', type: 'app_total_bytes' },
  },
  person: byDevice,
  partitionKey: ['timestamp', 'type'],
  clusteringKey: [{ column: 'id', order: 'asc' }],
  rowTime: 'timestamp',
  columns: {
    timestamp: timestamp('start of the window of five minutes'),
    type: text('app_total_bytes, antenna_total_bytes or user_total_bytes'),
    id: text('the app, antenna or device'),
    value: bigint('bytes'),
    events: bigint('events of the window'),
    revision: bigint('grows with every correction'),
  },
})

const usageHourly = defineTable({
  name: 'antenna_usage_hourly',
  description: 'Bytes per clock hour and device.',
  purpose: {
    question: 'How many bytes did each device send in a clock hour?',
    partitionRows: 'one for each device: at most the number of devices',
    example: { hour: '2024-03-24T11:00:00.000Z' },
  },
  person: byDevice,
  partitionKey: ['hour'],
  clusteringKey: [{ column: 'id', order: 'asc' }],
  rowTime: 'hour',
  columns: {
    hour: timestamp('start of the UTC clock hour'),
    id: text('device'),
    usage: bigint('bytes of the hour'),
    events: bigint('events of the hour'),
    revision: bigint('grows with every correction'),
  },
})

const unknown = defineTable({
  name: 'antenna_unknown_devices',
  description: 'Devices that sent in a clock hour without a reference record.',
  purpose: {
    question: 'Which devices sent in an hour without a reference record?',
    partitionRows: 'one for each such device: at most the number of devices',
    example: { hour: '2024-03-24T11:00:00.000Z' },
  },
  person: byDevice,
  partitionKey: ['hour'],
  clusteringKey: [{ column: 'id', order: 'asc' }],
  rowTime: 'hour',
  columns: {
    hour: timestamp('start of the UTC clock hour'),
    id: text('device'),
    first_seen: timestamp('event time of the first such event'),
  },
})

const eventTable = defineTable({
  name: 'antenna_events',
  description: 'Curated events of mobile antennas, by hour and device.',
  purpose: {
    question: 'What did a device send in an hour, event by event?',
    partitionRows: 'the events of one device in an hour: 60 where it sends once a minute',
    example: { hour: '2024-03-24T11:00:00.000Z', id: '00000000-0000-0000-0000-000000000004' },
  },
  person: byDevice,
  partitionKey: ['hour', 'id'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
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
  defineMapping(curated, eventTable, event => ({
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

const aggregated = [
  defineMapping(overQuota, quotaBreaches, event => ({
    writeTimeMicros: event.revision,
    values: {
      hour: Date.parse(event.hour),
      id: event.id,
      name: event.name,
      email: event.email,
      usage: event.usage,
      quota: event.quota,
      events: event.events,
      crossed_at: Date.parse(event.crossedAt),
      crossing_event_id: event.crossingEventId,
      usage_at_crossing: event.usageAtCrossing,
      revision: event.revision,
    },
  })),
  defineMapping(bytes, sums, event => ({
    writeTimeMicros: event.revision,
    values: {
      timestamp: Date.parse(event.timestamp),
      type: event.type,
      id: event.id,
      value: event.value,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(usage, usageHourly, event => ({
    writeTimeMicros: event.revision,
    values: {
      hour: Date.parse(event.hour),
      id: event.id,
      usage: event.usage,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(unknownDevices, unknown, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: { hour: Date.parse(event.hour), id: event.id, first_seen: Date.parse(event.datetime) },
  })),
]

const traffic = defineMeasure({
  name: 'traffic_bytes',
  topic: curated,
  title: 'Bytes per second, by app',
  description: 'What devices send with each app.',
  label: 'app',
  values: apps,
  of: ({ app, bytes }) => ({ as: app, by: bytes }),
})

const breachesByHour = defineMeasure({
  name: 'usage_records',
  topic: overQuota,
  title: 'Records of devices over their quota, per second',
  description: 'Each event of a device that is over its quota gives one: how much is sent beyond quotas.',
  label: 'kind',
  values: ['crossing', 'beyond'],
  of: ({ usage, usageAtCrossing }) => ({ as: usage === usageAtCrossing ? 'crossing' : 'beyond', by: 1 }),
})

/** Mobile antennas: topics, tables and mappings. */
export const antenna = defineDomain({
  name: 'antenna',
  title: 'Traffic of mobile devices through antennas',
  topics: {
    ...{ raw, curated, users, truth, breaches, overQuota, unknownDevices },
    ...{ bytes, bytesPartials, bytesLate, usage, usagePartials, usageLate },
  },
  tables: [eventTable, quotaBreaches, unknown, sums, usageHourly],
  conservation: [
    {
      source: raw,
      table: sums,
      eventsColumn: 'events',
      where: { column: 'type', equals: sumTypes[0] },
      late: bytesLate,
    },
    { source: raw, table: usageHourly, eventsColumn: 'events', late: usageLate },
  ],
  mappings: [...mappings, ...aggregated],
  measures: [traffic, breachesByHour],
})
