import { bigint, defineTable, double, int, noPerson, personIn, text, timestamp } from '@millrace/contracts'

/** The first campaign of the scenario. */
const AD_ID = '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe'
const DAY = '2024-03-24'
/** One of its viewers who clicks. */
const ACCOUNT = 'testAccount_7'

const sums = {
  impressions: bigint('times the ad was shown, viewed or not'),
  views: bigint('views that began'),
}
const counting = {
  events: bigint('events that are counted'),
  revision: bigint('grows with every correction'),
}
const ctr = double('counted clicks per impression; null without impressions')

export const events = defineTable({
  name: 'ad_events',
  description: 'Curated events, by day and viewer.',
  purpose: {
    question: 'What did a viewer do with which ads on a day, event by event?',
    partitionRows: 'the events of one viewer in a day: about 24 in the scenario',
    example: { day: DAY, account: ACCOUNT },
  },
  person: personIn({ account: 'account' }),
  partitionKey: ['day', 'account'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
  columns: {
    day: text('UTC day of the event'),
    account: text('account of the viewer'),
    datetime: timestamp('event time'),
    event_id: text('id of the event'),
    kind: text('impression (not viewed), view-start, view-end or click'),
    ad_id: text('campaign'),
    ad_name: text('name of the campaign, as the event says it'),
    genre: text('genre of the campaign, as the event says it'),
    gender: text('female, male or other'),
    age: int('age of the viewer, years'),
    age_band: text('age band of the viewer'),
    seconds: double('seconds viewed, with the end of a view'),
  },
})

export const minutes = defineTable({
  name: 'ad_minutes',
  description: 'Impressions, views, clicks and seconds viewed per minute, by campaign, gender and age band.',
  purpose: {
    question: 'How did a campaign do on a day, minute by minute, with each gender and age band?',
    partitionRows: 'at most 1,440 minutes of 3 genders and 6 age bands: 25,920',
    example: { ad_id: AD_ID, day: DAY },
  },
  person: noPerson('counts of many viewers'),
  partitionKey: ['ad_id', 'day'],
  clusteringKey: [
    { column: 'minute', order: 'asc' },
    { column: 'gender', order: 'asc' },
    { column: 'age_band', order: 'asc' },
  ],
  rowTime: 'minute',
  columns: {
    ad_id: text('campaign'),
    day: text('UTC day of the minute'),
    minute: timestamp('start of the minute'),
    gender: text('female, male or other'),
    age_band: text('age band of the viewers'),
    ...sums,
    counted_clicks: bigint('clicks that count'),
    suppressed_clicks: bigint('clicks within 60 s of a counted one'),
    seconds: double('seconds viewed'),
    ctr,
    ...counting,
  },
})

export const campaignTotals = defineTable({
  name: 'ad_campaign_totals',
  description: 'Running totals of each campaign.',
  purpose: {
    question: 'How often was a campaign shown, viewed and clicked so far, and for how long was it viewed?',
    partitionRows: 'one',
    example: { ad_id: AD_ID },
  },
  person: noPerson('counts of many viewers'),
  partitionKey: ['ad_id'],
  clusteringKey: [],
  rowTime: null,
  columns: {
    ad_id: text('campaign'),
    ...sums,
    click_count: bigint('clicks that count'),
    suppressed_click_count: bigint('clicks within 60 s of a counted one'),
    viewing_time: double('seconds viewed'),
    ctr,
    ...counting,
  },
})

export const userTotals = defineTable({
  name: 'ad_user_totals',
  description: 'Running totals of each viewer.',
  purpose: {
    question: 'How many ads did a viewer see, view and click so far, and for how long?',
    partitionRows: 'one',
    example: { account: ACCOUNT },
  },
  person: personIn({ account: 'account' }),
  partitionKey: ['account'],
  clusteringKey: [],
  rowTime: null,
  columns: {
    account: text('account of the viewer'),
    ...sums,
    click_count: bigint('clicks that count'),
    suppressed_click_count: bigint('clicks within 60 s of a counted one'),
    total_time: double('seconds viewed'),
    ...counting,
  },
})

export const unknownCampaigns = defineTable({
  name: 'ad_unknown_campaigns',
  description: 'Campaigns that events named on a day and that had no reference record.',
  purpose: {
    question: 'Which campaigns had events on a day and are not in the reference data?',
    partitionRows: 'one for each such campaign: none in the scenario',
    example: { day: DAY },
  },
  person: noPerson('a campaign and a day'),
  partitionKey: ['day'],
  clusteringKey: [{ column: 'ad_id', order: 'asc' }],
  rowTime: 'day',
  columns: {
    day: text('UTC day of the events'),
    ad_id: text('campaign'),
    ad_name: text('name of the campaign as an event says it'),
  },
})
