import {
  defineTopic,
  eventId,
  instant,
  instantField,
  keyField,
  noPerson,
  personIn,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from '@millrace/contracts'
import { z } from 'zod'

const recordId = eventId.describe('id of the record, from the producer or given by the gateway')
/** Names and titles are part of keys of the mart. */
export const MAX_TEXT = 256
const flag = z.union([z.literal(0), z.literal(1)])

export const customerId = z.int().min(0).describe('customer; the partition key')
export const trackId = z.int().min(0).describe('track')

/** What the numbers of `Level` mean. */
export const levels = ['Free', 'Silver', 'Gold'] as const
export const GOLD = 2
/** What the numbers of `Campaign` mean. */
export const campaigns = ['NONE', '30DAYFREE', 'SUPERBOWL', 'RETAILSTORE', 'WEBOFFER'] as const

/** A customer, in the columns of the published file; the newest record of a customer counts. */
export const customer = z.looseObject({
  eventId: recordId,
  CustID: customerId,
  Name: z.string().min(1).max(MAX_TEXT).describe('name of the customer'),
  Gender: flag.describe('0 or 1'),
  Address: z.string().max(MAX_TEXT).describe('street and number'),
  zip: z.string().max(16).describe('postal code; zeros in front are part of it'),
  SignDate: z
    .string()
    .regex(/^\d{2}\/\d{2}\/\d{4}$/, { error: 'expected MM/DD/YYYY, e.g. 06/04/2013' })
    .describe('day on which the customer signed up, MM/DD/YYYY'),
  Status: flag.describe('1 while the account is active, 0 when it is closed'),
  Level: z
    .int()
    .min(0)
    .max(levels.length - 1)
    .describe('0 Free, 1 Silver, 2 Gold'),
  Campaign: z
    .int()
    .min(0)
    .max(campaigns.length - 1)
    .describe('0 NONE, 1 30DAYFREE, 2 SUPERBOWL, 3 RETAILSTORE, 4 WEBOFFER'),
  LinkedWithApps: flag.describe('1 where the account is linked with apps'),
  Account: z.string().min(1).max(128).optional().describe('account of the customer in the other domains'),
  Age: z.int().min(0).max(150).optional().describe('age in years'),
})

/** A track, in the columns of the published file; the newest record of a track counts. */
export const track = z.looseObject({
  eventId: recordId,
  TrackId: z.int().min(0).describe('track; the partition key'),
  Title: z.string().max(MAX_TEXT).describe('title'),
  Artist: z.string().max(MAX_TEXT).describe('artist'),
  Length: z.int().min(0).describe('length in seconds'),
})

/** What a model for advertising targets reads of a customer, in this order: shares of the plays, and unique tracks ÷ plays. */
export const modelFeatures = ['morning', 'afternoon', 'evening', 'night', 'mobile', 'unique'] as const

/** A logistic regression that predicts whether a customer clicks an offer; the highest version counts. */
export const adTargetModel = z.looseObject({
  eventId: recordId,
  name: z.literal('ad-target').describe('name of the model; the partition key'),
  version: z.int().min(1).describe('greater than that of every model before'),
  trainedAt: instant.describe('when the model was trained'),
  features: z
    .tuple([
      z.literal('morning'),
      z.literal('afternoon'),
      z.literal('evening'),
      z.literal('night'),
      z.literal('mobile'),
      z.literal('unique'),
    ])
    .describe('features in the order of their coefficients'),
  coefficients: z.array(z.number()).length(modelFeatures.length).describe('one for each feature'),
  intercept: z.number().describe('added to the weighted features'),
  threshold: z.number().min(0).max(1).describe('probability from which a click is predicted'),
  minPlays: z.int().min(1).describe('listens that a customer must have: for fewer no click is predicted'),
  error: z.number().min(0).max(1).describe('share of wrong predictions on held-out customers'),
  baselineError: z.number().min(0).max(1).describe('that share when no click is ever predicted'),
  examples: z.int().min(1).describe('customers that it was trained on'),
})

export type Customer = z.infer<typeof customer>
export type Track = z.infer<typeof track>
export type AdTargetModel = z.infer<typeof adTargetModel>

const customerWire: WireReaders = {
  eventId: wireEventId,
  ...Object.fromEntries(
    ['CustID', 'Gender', 'Status', 'Level', 'Campaign', 'LinkedWithApps', 'Age'].map(name => [name, wireNumber]),
  ),
}

export const customers = defineTopic({
  name: 'music.customers',
  schema: customer,
  wire: customerWire,
  keyOf: keyField('CustID'),
  person: personIn({ account: 'Account', customer: 'CustID' }),
  eventTimeMs: () => null,
  timeText: 'none; the time of receipt counts',
  partitions: 1,
  cleanup: 'compact',
  lake: false,
  samples: [
    {
      ...{ CustID: 0, Name: 'Gregory Koval', Gender: 0, Address: '13004 Easy Cider Point', zip: '72132' },
      ...{ SignDate: '06/04/2013', Status: 1, Level: 1, Campaign: 1, LinkedWithApps: 0 },
    },
  ],
  why: 'Reference data: the customers; the newest record of a customer counts.',
})

export const tracks = defineTopic({
  name: 'music.tracks',
  schema: track,
  wire: { eventId: wireEventId, TrackId: wireNumber, Length: wireNumber },
  keyOf: keyField('TrackId'),
  person: noPerson('reference data of tracks'),
  eventTimeMs: () => null,
  timeText: 'none; the time of receipt counts',
  partitions: 1,
  cleanup: 'compact',
  lake: false,
  samples: [{ TrackId: 453, Title: 'Easy Road', Artist: 'The Mill Hands', Length: 253 }],
  why: 'Reference data: the tracks; the newest record of a track counts.',
})

export const models = defineTopic({
  name: 'models.ad-target',
  domain: 'music',
  schema: adTargetModel,
  wire: { eventId: wireEventId, trainedAt: wireInstant },
  keyOf: keyField('name'),
  person: noPerson('a model of many customers'),
  eventTimeMs: instantField('trainedAt'),
  partitions: 1,
  // Not compacted: a refused model must not take the place of the one in use.
  retentionDays: 3650,
  samples: [
    {
      ...{ name: 'ad-target', version: 1, trainedAt: '2024-03-24T00:00:00.000Z', features: [...modelFeatures] },
      ...{ coefficients: [0, 0, 0, 0, 12, 8], intercept: -12, threshold: 0.5, minPlays: 5 },
      ...{ error: 0.06, baselineError: 0.21, examples: 5000 },
    },
  ],
  why: 'Models that predict who clicks an offer, as training publishes them; the valid one with the highest version is in use.',
})
