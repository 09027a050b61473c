import { defineTopic, eventId, instant, instantField, keyField, noPerson } from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic } from '@millrace/stream/windows'
import { z } from 'zod'
import { customerKey, listens, partitions, raw } from './events.ts'
import { adTargetModel, customerId, MAX_TEXT, models, trackId } from './reference.ts'

const revision = z.int().min(0).describe('grows with every correction')
const day = z.iso.date().describe('UTC day')
const MAX_VALUE = 64

/** What plays of an hour are counted by. */
export const dimensions = ['all', 'region', 'gender', 'age', 'level', 'campaign'] as const
/** In place of a value whose reference row is missing. */
export const UNKNOWN = 'unknown'

/** Plays of one hour by one value of a dimension; the newest revision counts. */
export const hourlyPlays = z.looseObject({
  hour: instant.describe('start of the hour'),
  dimension: z.enum(dimensions).describe('what is counted by'),
  value: z.string().min(1).max(MAX_VALUE).describe('its value; unknown where the reference row is missing'),
  plays: z.int().min(0).describe('listens of the hour'),
  mobile: z.int().min(0).describe('of them on mobile devices'),
  revision,
})

/** Plays of one track on one day by customers of one gender; the newest revision counts. */
export const trackPlays = z.looseObject({
  list: z.string().min(1).describe('<day>/<gender>; the partition key'),
  day,
  gender: z.string().min(1).max(MAX_VALUE).describe('0, 1 or unknown'),
  track_id: trackId,
  title: z.string().max(MAX_TEXT).describe('of the track; empty while its row is missing'),
  artist: z.string().max(MAX_TEXT).describe('of the track'),
  plays: z.int().min(0).describe('listens of the day'),
  revision,
})

/** How many tracks of a day have a rank. */
export const RANKS = 50

/** Who has a rank among the tracks that customers of a gender played on a day; the newest revision counts. */
export const topTrack = z.looseObject({
  list: z.string().min(1).describe('<day>/<gender>; the partition key'),
  day,
  gender: z.string().min(1).max(MAX_VALUE).describe('0, 1 or unknown'),
  rank: z.int().min(1).max(RANKS).describe('rank by plays, from 1'),
  track_id: trackId.nullable().describe('track; null: no track has this rank any more'),
  title: z.string().max(MAX_TEXT).describe('of the track; empty while its row is missing'),
  artist: z.string().max(MAX_TEXT).describe('of the track'),
  plays: z.int().min(0).describe('listens of the day'),
  revision,
})

/** A customer played a track for the third time within 30 minutes. */
export const interest = z.looseObject({
  eventId: z.string().min(1).describe('<event id of the play that crossed>:interest'),
  sourceEventId: eventId.describe('id of the play that crossed'),
  customer_id: customerId,
  track_id: trackId,
  datetime: instant.describe('event time of the play that crossed'),
  since: instant.describe('event time of the first of the three plays'),
  withdrawn: z.boolean().describe('true where a play that came late made another play the one that crossed'),
  revision,
})

/** An SMS that was asked for on account of a listen. */
export const lastRequest = z.looseObject({
  day,
  sourceEventId: eventId,
  datetime: instant,
  modelVersion: z.int().min(1),
})

/** How a customer listens; the newest revision counts. */
export const behaviour = z.looseObject({
  customer_id: customerId,
  plays: z.int().min(1).describe('listens so far'),
  morning: z.int().min(0).describe('of them from 5 to 12 o’clock'),
  afternoon: z.int().min(0).describe('from 12 to 17'),
  evening: z.int().min(0).describe('from 17 to 22'),
  night: z.int().min(0).describe('from 22 to 5'),
  mobile: z.int().min(0).describe('on mobile devices'),
  tracks: z.int().min(1).describe('different tracks'),
  lastListenAt: instant.describe('event time of the newest listen'),
  revision: z.int().min(1).describe('offset behind the last listen that is counted'),
  state: z
    .looseObject({
      partition: z.int().min(0).describe('partition of the listens'),
      tracks: z.array(z.int()).describe('the tracks, ascending'),
      lastEventId: eventId.describe('id of the newest listen'),
      hasDay: z
        .boolean()
        .describe('whether the time of the newest listen is plausible; nothing is predicted before one is'),
      request: lastRequest.nullable().describe('the last SMS that was asked for'),
    })
    .describe('what a restart goes on from'),
})

/** What the model in use says of a customer; the newest revision counts. */
export const prediction = z.looseObject({
  day: day.describe('UTC day of the newest listen'),
  customer_id: customerId,
  modelVersion: z.int().min(1).describe('version of the model'),
  probability: z.number().min(0).max(1).describe('of a click, to six digits'),
  clicks: z
    .boolean()
    .describe('true where a click is predicted: enough listens, and the probability is at the threshold'),
  target: z.boolean().describe('true where the customer is active, below Gold, and predicted to click'),
  revision,
})

/** An SMS that a gateway is to send, once per customer and campaign day. */
export const smsRequest = z.looseObject({
  eventId: z.string().min(1).describe('<customer>@<campaign day>; the idempotency key'),
  sourceEventId: eventId.describe('id of the listen with which the customer became a target'),
  datetime: instant.describe('event time of that listen'),
  campaign: z.literal('ad-target').describe('what the message is about'),
  campaignDay: day.describe('UTC day; a customer gets one message on it'),
  customer_id: customerId,
  text: z.string().min(1).max(1000).describe('the message'),
  modelVersion: z.int().min(1).describe('version of the model that predicted the click'),
})

/** An SMS was sent. */
export const smsReceipt = z.looseObject({
  eventId: z.string().min(1).describe('id of the request'),
  datetime: instant.describe('event time of the request'),
  campaignDay: day,
  customer_id: customerId,
  provider: z.string().min(1).max(64).describe('who took the message'),
  sentAt: instant.describe('when the provider took it'),
})

export type Behaviour = z.infer<typeof behaviour>
export type Interest = z.infer<typeof interest>
export type Prediction = z.infer<typeof prediction>
export type SmsRequest = z.infer<typeof smsRequest>
export type SmsReceipt = z.infer<typeof smsReceipt>

/** Counts; a listen that came too late for them is known by its id alone. */
const person = noPerson('counts of many customers')
const ofHours = { source: listens, topology: 'hours', of: 'the plays of music.hours', person }
export const hoursPartials = definePartialsTopic({ name: 'music.hours-partials', ...ofHours })
export const hoursLate = defineLateTopic({ name: 'music.hours-late', ...ofHours })
const ofTracks = { source: listens, topology: 'track-plays', of: 'the plays of music.track-plays', person }
export const trackPlaysPartials = definePartialsTopic({ name: 'music.track-plays-partials', ...ofTracks })
export const trackPlaysLate = defineLateTopic({ name: 'music.track-plays-late', ...ofTracks })

export const hours = defineTopic({
  name: 'music.hours',
  schema: hourlyPlays,
  keyOf: (event: z.infer<typeof hourlyPlays>) => `${event.dimension}/${event.value}`,
  keyText: '`<dimension>/<value>`',
  eventTimeMs: instantField('hour'),
  partitions,
  lake: false,
  person,
  derivedFrom: { topic: hoursPartials, by: 'aggregator', topology: 'hours', relation: 'aggregate' },
  why: 'Plays per hour, of all listens and by region, gender, age, level and campaign.',
})

export const dailyTracks = defineTopic({
  name: 'music.track-plays',
  schema: trackPlays,
  keyOf: keyField('list'),
  eventTimeMs: (event: z.infer<typeof trackPlays>) => Date.parse(event.day),
  timeText: '`day`',
  partitions,
  lake: false,
  person,
  derivedFrom: { topic: trackPlaysPartials, by: 'aggregator', topology: 'track-plays', relation: 'aggregate' },
  why: 'Plays per day of each track by customers of each gender.',
})

export const topTracks = defineTopic({
  name: 'music.top-tracks',
  schema: topTrack,
  keyOf: keyField('list'),
  eventTimeMs: (event: z.infer<typeof topTrack>) => Date.parse(event.day),
  timeText: '`day`',
  partitions,
  lake: false,
  person,
  derivedFrom: { topic: dailyTracks, by: 'aggregator', topology: 'top-tracks', relation: 'aggregate' },
  why: 'The first 50 tracks of a day among customers of each gender.',
})

export const interests = defineTopic({
  name: 'music.interests',
  schema: interest,
  keyOf: customerKey,
  eventTimeMs: instantField('datetime'),
  partitions,
  lake: false,
  derivedFrom: { topic: raw, by: 'profiler', topology: 'interests', relation: 'some' },
  why: 'Tracks that a customer played three times within 30 minutes, once per crossing.',
})

export const behaviours = defineTopic({
  name: 'music.behaviour',
  schema: behaviour,
  keyOf: customerKey,
  eventTimeMs: instantField('lastListenAt'),
  partitions,
  cleanup: 'compact',
  lake: false,
  derivedFrom: { topic: raw, by: 'profiler', topology: 'profiles', relation: 'aggregate' },
  why: 'How each customer listens, since the first listen; the newest record of a customer counts.',
})

export const predictions = defineTopic({
  name: 'music.predictions',
  schema: prediction,
  keyOf: customerKey,
  eventTimeMs: (event: Prediction) => Date.parse(event.day),
  timeText: '`day`',
  partitions,
  retentionDays: 30,
  lake: false,
  derivedFrom: { topic: raw, by: 'profiler', topology: 'profiles', relation: 'aggregate' },
  why: 'What the model in use predicts of each listening customer, by the day of the newest listen.',
})

export const smsRequests = defineTopic({
  name: 'notifications.sms',
  domain: 'music',
  schema: smsRequest,
  keyOf: keyField('eventId'),
  eventTimeMs: instantField('datetime'),
  partitions,
  retentionDays: 30,
  derivedFrom: { topic: raw, by: 'profiler', topology: 'profiles', relation: 'some' },
  why: 'The outbox of the SMS gateway: one message per customer and campaign day.',
})

export const smsReceipts = defineTopic({
  name: 'notifications.sms-receipts',
  domain: 'music',
  schema: smsReceipt,
  keyOf: keyField('eventId'),
  eventTimeMs: instantField('datetime'),
  partitions,
  retentionDays: 30,
  lake: false,
  derivedFrom: { topic: smsRequests, by: 'sms-gateway', relation: 'each' },
  why: 'Messages that a provider took.',
})

export const acceptedModels = defineTopic({
  name: 'music.models',
  schema: adTargetModel,
  keyOf: keyField('name'),
  eventTimeMs: instantField('trainedAt'),
  partitions: 1,
  retentionDays: 3650,
  lake: false,
  person: noPerson('a model of many customers'),
  derivedFrom: { topic: models, by: 'profiler', topology: 'models', relation: 'some' },
  why: 'Models that were accepted: valid, and newer than every one before.',
})
