import { ageBands, eventId, instant, type WireReaders, wireEventId, wireInstant, wireNumber } from '@millrace/contracts'
import { z } from 'zod'

/** Place numbers have up to six digits, without leading zeros. */
const PLACE = '(?:0|[1-9][0-9]{0,5})'
const METHOD = new RegExp(
  `^/(?:(?:buy/)?places/${PLACE}|refund|leisure|flights|sub-home/(?:hotel|pension|residence|redidence|motel|global|transportation))?$`,
)
const LARGEST_PLACE = 999_999

const text = (most: number) => z.string().min(1).max(most)

/** A request of a guest to the booking site, as it travels in `hotel.raw`. */
export const hotelRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  id: text(64).describe("the client's own record id; data, not the event id"),
  ip: z.string().min(2).max(45).describe('address of the client'),
  datetime: instant.describe('event time'),
  account: text(128).describe('account of the guest; the partition key'),
  method: z
    .string()
    .regex(METHOD, { error: 'expected a path of the site, such as /, /places/7, /buy/places/7 or /refund' })
    .describe('what was requested'),
  status: z.union([z.literal(0), z.literal(1)]).describe('1 while the guest has a booking'),
  gender: text(32).describe('gender of the guest'),
  age: text(32).describe('age band of the guest, such as 20-29'),
})

export const hotelWire: WireReaders = { eventId: wireEventId, datetime: wireInstant, status: wireNumber }

/** What a page of the site is about, where it is neither the front page nor a place. */
export const categories = [
  'hotel',
  'pension',
  'residence',
  'motel',
  'flights',
  'global',
  'transportation',
  'leisure',
] as const

/** Genders of the scenario; other texts are accepted and kept. */
export const genders = ['female', 'male'] as const
/** In sums: a gender or age band that is none of these. */
export const OTHER = 'other'

const place = z.int().min(0).max(LARGEST_PLACE)
const day = z.iso.date()

/** A raw event with derived columns; the same event id. */
export const hotelCurated = hotelRaw.extend({
  day: day.describe('UTC day of the event'),
  buyNum: place.nullable().describe('place that was bought, else null'),
  clickNum: place.nullable().describe('place that was viewed, else null'),
  category_subhome: z.enum(categories).nullable().describe('what the page is about, else null'),
})

const count = z.int().min(0)
const revision = z.int().min(1).describe('grows with every correction')

/** The steps to a booking of guests of one gender and age band in five minutes; the newest revision counts. */
export const hotelFunnel = z.looseObject({
  window: instant.describe('start of the window of five minutes'),
  gender: z.enum([...genders, OTHER]).describe('gender of the guests; other: none of these'),
  age: z.enum([...ageBands, OTHER]).describe('age band of the guests; other: none of these'),
  views: count.describe('views of the front page'),
  placeViews: count.describe('views of places'),
  purchases: count.describe('places that were bought'),
  refunds: count.describe('refunds'),
  events: z.int().min(1).describe('events of the window, of any kind'),
  revision,
})

/** Clicks and purchases of one place on one day; the newest revision counts. */
export const hotelPlace = z.looseObject({
  day: day.describe('UTC day'),
  place: place.describe('number of the place'),
  clicks: count.describe('views of the place'),
  purchases: count.describe('how often it was bought'),
  events: z.int().min(1).describe('clicks and purchases'),
  revision,
})

/** What places are ranked by. */
export const rankings = ['clicks', 'purchases'] as const
export const RANKS = 50

/** Which place has a rank on a day; the newest revision counts. */
export const hotelTopPlace = z.looseObject({
  day: day.describe('UTC day'),
  kind: z.enum(rankings).describe('what the places are ranked by'),
  rank: z.int().min(1).max(RANKS).describe('rank, from 1; of equal places the lower number is first'),
  place: place.nullable().describe('number of the place; null: no place has this rank any more'),
  score: count.describe('clicks or purchases of the place'),
  revision,
})

export type HotelRaw = z.infer<typeof hotelRaw>
export type HotelCurated = z.infer<typeof hotelCurated>
export type HotelFunnel = z.infer<typeof hotelFunnel>
