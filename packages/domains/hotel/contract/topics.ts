import { defineTopic, instantField, keyField, noPerson, personIn } from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic } from '@millrace/stream/windows'
import {
  type HotelFunnel,
  hotelCurated,
  hotelFunnel,
  hotelPlace,
  hotelRaw,
  hotelTopPlace,
  hotelWire,
} from './events.ts'

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')
/** A quiet domain: about eleven events a second of 100 guests. */
const partitions = 3

export const raw = defineTopic({
  name: 'hotel.raw',
  schema: hotelRaw,
  wire: hotelWire,
  keyOf,
  eventTimeMs,
  person: personIn({ account: 'account' }),
  partitions,
  samples: [
    {
      id: 'f19dc589-7856-4bae-b5ba-fc9e0bc65aa5',
      ip: '192.168.0.144',
      datetime: '2024-03-26T16:34:00.450Z',
      account: 'testAccount_28',
      method: '/',
      status: '1',
      gender: 'female',
      age: '20-29',
    },
  ],
  why: 'Requests of guests to the booking site, as accepted by the gateway; keyed by account so that one guest stays in order.',
})

export const curated = defineTopic({
  name: 'hotel.curated',
  schema: hotelCurated,
  keyOf,
  eventTimeMs,
  partitions,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw events with the place that was viewed or bought, the category of the page, and the misspelled residence put right.',
})

/** Counts; an event that came too late for them is known by its id alone. */
const person = noPerson('counts of many guests')
const ofFunnel = { source: raw, topology: 'funnel', of: 'the counts of hotel.funnel', person }
export const funnelPartials = definePartialsTopic({ name: 'hotel.funnel-partials', ...ofFunnel })
export const funnelLate = defineLateTopic({ name: 'hotel.funnel-late', ...ofFunnel })

export const funnel = defineTopic({
  name: 'hotel.funnel',
  schema: hotelFunnel,
  keyOf: ({ gender, age }: HotelFunnel) => `${gender} ${age}`,
  keyText: '`gender` and `age`',
  eventTimeMs: instantField('window'),
  partitions,
  lake: false,
  person,
  derivedFrom: { topic: funnelPartials, by: 'aggregator', topology: 'funnel', relation: 'aggregate' },
  why: 'Views, views of places, purchases and refunds per five minutes by gender and age band.',
})

const ofPlaces = { source: raw, topology: 'places', of: 'the counts of hotel.places', person }
export const placesPartials = definePartialsTopic({ name: 'hotel.places-partials', ...ofPlaces })
export const placesLate = defineLateTopic({ name: 'hotel.places-late', ...ofPlaces })

/** Of results of a day: the day is the key, so that all of them are in one partition. */
const ofDay = {
  keyOf: keyField('day'),
  eventTimeMs: ({ day }: { readonly day: string }) => Date.parse(day),
  timeText: 'start of `day`',
  partitions,
  person,
  lake: false,
} as const

export const places = defineTopic({
  ...ofDay,
  name: 'hotel.places',
  schema: hotelPlace,
  derivedFrom: { topic: placesPartials, by: 'aggregator', topology: 'places', relation: 'aggregate' },
  why: 'Clicks and purchases per day and place; keyed by day, because the places of a day are ranked.',
})

export const topPlaces = defineTopic({
  ...ofDay,
  name: 'hotel.top-places',
  schema: hotelTopPlace,
  derivedFrom: { topic: places, by: 'aggregator', topology: 'top-places', relation: 'aggregate' },
  why: 'The 50 places with the most clicks and the 50 with the most purchases per day; a record for each rank that changed.',
})
