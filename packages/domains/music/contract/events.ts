import {
  defineTopic,
  eventId,
  instant,
  instantField,
  keyField,
  personIn,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from '@millrace/contracts'
import { z } from 'zod'
import { campaigns, customerId, levels, MAX_TEXT, trackId } from './reference.ts'

const flag = z.union([z.literal(0), z.literal(1)])
const zip = z.string().min(1).max(16).describe('postal code of the place of listening; zeros in front are part of it')

/** A customer played a track, as it travels in `music.raw`. */
export const musicRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  event_id: z.int().min(0).optional().describe("the client's own number of the event; data, not the event id"),
  customer_id: customerId,
  track_id: trackId,
  datetime: instant.describe('event time'),
  ismobile: flag.describe('1 where the customer listened on a mobile device'),
  listening_zip: zip,
})

/** A customer clicked an offer. The published field `EventID` is kept as an unknown field. */
export const adClick = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  CustID: customerId,
  AdClicked: z.string().min(1).max(64).describe('the offer, such as ADV_FREE_REFERRAL'),
  Localtime: instant.describe('event time'),
})

/** Parts of the day by the hour of the event (UTC): from 5, 12, 17 and 22 o'clock. */
export const parts = ['morning', 'afternoon', 'evening', 'night'] as const
export type PartOfDay = (typeof parts)[number]

/** A listen with its customer and its track; again with a greater revision when a row arrives that was missing. */
export const listen = musicRaw.extend({
  day: z.iso.date().describe('UTC day of the event'),
  part: z.enum(parts).describe('part of the day: morning from 5, afternoon from 12, evening from 17, night from 22'),
  region: z.string().min(1).max(6).describe('the first three characters of the place of listening'),
  missing: z.array(z.enum(['customer', 'track'])).describe('reference rows that have not arrived'),
  healed: z.boolean().describe('true where the listen was published before with a row missing'),
  gender: flag.nullable().describe('of the customer; null while the row is missing'),
  age: z.int().nullable().describe('of the customer, in years'),
  level: z
    .int()
    .min(0)
    .max(levels.length - 1)
    .nullable()
    .describe('of the customer: 0 Free, 1 Silver, 2 Gold'),
  status: flag.nullable().describe('1 while the account is active'),
  campaign: z
    .int()
    .min(0)
    .max(campaigns.length - 1)
    .nullable()
    .describe('that brought the customer'),
  title: z.string().max(MAX_TEXT).nullable().describe('of the track; null while the row is missing'),
  artist: z.string().max(MAX_TEXT).nullable().describe('of the track'),
  length: z.int().nullable().describe('of the track, seconds'),
  revision: z.int().min(0).describe('grows when a row arrives'),
})

/** What is true about a customer. Models never read it. */
export const musicTruth = z.looseObject({
  eventId: eventId.describe('id of the truth record'),
  datetime: instant.describe('start of the simulation'),
  CustID: customerId,
  mobile: z.number().min(0).max(1).describe('how likely the customer listens on a mobile device'),
  variety: z.number().min(0).max(1).describe('how likely the next track is none of the favourites'),
  clicks: z.boolean().describe('true where the customer clicks the offers that are shown'),
})

export type MusicRaw = z.infer<typeof musicRaw>
export type Listen = z.infer<typeof listen>
export type MusicTruth = z.infer<typeof musicTruth>

const wire: WireReaders = {
  eventId: wireEventId,
  event_id: wireNumber,
  customer_id: wireNumber,
  track_id: wireNumber,
  datetime: wireInstant,
  ismobile: wireNumber,
}

export const customerKey = keyField('customer_id')
/** A quiet domain: some listens per customer and day. */
export const partitions = 3

export const raw = defineTopic({
  name: 'music.raw',
  schema: musicRaw,
  wire,
  keyOf: customerKey,
  person: personIn({ customer: 'customer_id' }),
  eventTimeMs: instantField('datetime'),
  partitions,
  samples: [
    {
      ...{ event_id: 0, customer_id: 48, track_id: 453, datetime: '2014-10-23 03:26:20', ismobile: 0 },
      listening_zip: '72132',
    },
  ],
  why: 'Listens as accepted by the gateway; keyed by customer so that one customer stays in order.',
})

export const adClicks = defineTopic({
  name: 'music.ad-clicks',
  schema: adClick,
  wire: { eventId: wireEventId, CustID: wireNumber, Localtime: wireInstant },
  keyOf: keyField('CustID'),
  person: personIn({ customer: 'CustID' }),
  eventTimeMs: instantField('Localtime'),
  partitions,
  samples: [{ EventID: 0, CustID: 109, AdClicked: 'ADV_FREE_REFERRAL', Localtime: '2014-12-18 08:15:16' }],
  why: 'Clicks of customers on offers: what models for advertising targets are trained on.',
})

export const truth = defineTopic({
  name: 'music.truth',
  schema: musicTruth,
  wire: { eventId: wireEventId, datetime: wireInstant, CustID: wireNumber, mobile: wireNumber, variety: wireNumber },
  keyOf: keyField('CustID'),
  person: personIn({ customer: 'CustID' }),
  eventTimeMs: instantField('datetime'),
  partitions: 1,
  samples: [
    {
      eventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11',
      ...{ datetime: '2024-03-24T11:00:00.000Z', CustID: 109, mobile: 0.83, variety: 0.7, clicks: true },
    },
  ],
  why: 'What customers are really like, and who clicks offers; never read by a model.',
})

export const listens = defineTopic({
  name: 'music.listens',
  schema: listen,
  keyOf: customerKey,
  eventTimeMs: instantField('datetime'),
  partitions,
  // Its revisions are positions in the log, which no two runs share; the lake has the raw listens.
  lake: false,
  derivedFrom: { topic: raw, by: 'profiler', topology: 'listens', relation: 'each' },
  why: 'Listens joined with their customer and their track; published again when a missing row arrives.',
})
