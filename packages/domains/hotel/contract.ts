import { defineDomain, defineMapping, microsOf } from '@millrace/contracts'
import { eventTable, funnelTable, placeTable, topTable } from './contract/tables.ts'
import * as topics from './contract/topics.ts'

export {
  ageBands,
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
  defineMapping(topics.curated, eventTable, event => ({
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
  defineMapping(topics.funnel, funnelTable, event => ({
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
  defineMapping(topics.places, placeTable, event => ({
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
  defineMapping(topics.topPlaces, topTable, event => ({
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
  topics: { ...topics },
  tables: [eventTable, funnelTable, placeTable, topTable],
  // Every event is in the funnel; the places leave most of them out.
  conservation: [{ source: topics.raw, table: funnelTable, eventsColumn: 'events', late: topics.funnelLate }],
  mappings,
})
