import { defineDomain, defineMapping, microsOf } from '@millrace/contracts'
import { measures } from './contract/measures.ts'
import * as tables from './contract/tables.ts'
import * as topics from './contract/topics.ts'

export * from './contract/events.ts'

const mappings = [
  defineMapping(topics.curated, tables.events, ({ Ad, User, ...event }) => {
    const datetime = Date.parse(event.datetime)
    return {
      writeTimeMicros: microsOf(datetime),
      values: {
        ...{ day: event.day, account: event.account, datetime, event_id: event.eventId },
        ...{ kind: event.kind, ad_id: event.ad_id, ad_name: Ad.ad_name ?? null, genre: Ad.genre ?? null },
        ...{ gender: event.gender, age: User.age, age_band: event.ageBand, seconds: event.seconds },
      },
    }
  }),
  defineMapping(topics.minutes, tables.minutes, event => ({
    writeTimeMicros: event.revision,
    values: {
      ad_id: event.ad_id,
      day: event.minute.slice(0, 10),
      minute: Date.parse(event.minute),
      gender: event.gender,
      age_band: event.ageBand,
      impressions: event.impressions,
      views: event.views,
      counted_clicks: event.countedClicks,
      suppressed_clicks: event.suppressedClicks,
      seconds: event.seconds,
      ctr: event.ctr,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(topics.campaignTotals, tables.campaignTotals, event => ({
    writeTimeMicros: event.revision,
    values: {
      ad_id: event.ad_id,
      impressions: event.impressions,
      views: event.views,
      click_count: event.click_count,
      suppressed_click_count: event.suppressed_click_count,
      viewing_time: event.viewing_time,
      ctr: event.ctr,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(topics.userTotals, tables.userTotals, event => ({
    writeTimeMicros: event.revision,
    values: {
      account: event.account,
      impressions: event.impressions,
      views: event.views,
      click_count: event.click_count,
      suppressed_click_count: event.suppressed_click_count,
      total_time: event.total_time,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(topics.unknownCampaigns, tables.unknownCampaigns, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: { day: event.day, ad_id: event.ad_id, ad_name: event.ad_name },
  })),
]

const { raw, curated, campaigns, activity, unknownCampaigns } = topics
const { minutes, minutesPartials, minutesLate } = topics
const { campaignTotals, campaignPartials, campaignLate, userTotals, userPartials, userLate } = topics

/** Advertising: topics, tables and mappings. */
export const ad = defineDomain({
  name: 'ad',
  title: 'Advertising campaigns and their viewers',
  topics: {
    ...{ raw, curated, campaigns, activity, unknownCampaigns },
    ...{ minutes, minutesPartials, minutesLate },
    ...{ campaignTotals, campaignPartials, campaignLate, userTotals, userPartials, userLate },
  },
  tables: [tables.events, tables.minutes, tables.campaignTotals, tables.userTotals, tables.unknownCampaigns],
  conservation: [
    { source: raw, table: tables.minutes, eventsColumn: 'events', late: minutesLate },
    { source: raw, table: tables.campaignTotals, eventsColumn: 'events', late: campaignLate },
    { source: raw, table: tables.userTotals, eventsColumn: 'events', late: userLate },
  ],
  mappings,
  measures,
})
