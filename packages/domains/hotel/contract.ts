import { defineDomain, defineMapping, microsOf } from '@millrace/contracts'
import { measures } from './contract/measures.ts'
import { eventTable, funnelTable, placeTable, topTable } from './contract/tables.ts'
import {
  curated,
  funnel,
  funnelLate,
  funnelPartials,
  places,
  placesLate,
  placesPartials,
  raw,
  topPlaces,
} from './contract/topics.ts'

export {
  categories,
  genders,
  type HotelCurated,
  type HotelRaw,
  hotelRaw,
  OTHER,
  RANKS,
  rankings,
} from './contract/events.ts'

const mappings = [
  defineMapping(curated, eventTable, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      day: event.day,
      account: event.account,
      datetime: Date.parse(event.datetime),
      event_id: event.eventId,
      id: event.id,
      ip: event.ip,
      method: event.method,
      status: event.status,
      gender: event.gender,
      age: event.age,
      click_num: event.clickNum,
      buy_num: event.buyNum,
      category_subhome: event.category_subhome,
    },
  })),
  defineMapping(funnel, funnelTable, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.window.slice(0, 10),
      window: Date.parse(event.window),
      gender: event.gender,
      age: event.age,
      views: event.views,
      place_views: event.placeViews,
      purchases: event.purchases,
      refunds: event.refunds,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(places, placeTable, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.day,
      place: event.place,
      clicks: event.clicks,
      purchases: event.purchases,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(topPlaces, topTable, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.day,
      kind: event.kind,
      rank: event.rank,
      place: event.place,
      score: event.score,
      revision: event.revision,
    },
  })),
]

/** A hotel booking site: topics, tables and mappings. */
export const hotel = defineDomain({
  name: 'hotel',
  title: 'Guests of a hotel booking site',
  topics: {
    ...{ raw, curated, funnel, funnelPartials, funnelLate },
    ...{ places, placesPartials, placesLate, topPlaces },
  },
  tables: [eventTable, funnelTable, placeTable, topTable],
  // Every event is in the funnel; the places leave most of them out.
  conservation: [{ source: raw, table: funnelTable, eventsColumn: 'events', late: funnelLate }],
  mappings,
  measures,
})
