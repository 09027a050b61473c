import { bigint, defineTable, int, noPerson, personIn, text, timestamp } from '@millrace/contracts'

const EXAMPLE_DAY = '2024-03-24'

export const eventTable = defineTable({
  name: 'hotel_events',
  description: 'Curated events of guests, by day and account.',
  purpose: {
    question: 'What did a guest do on a day, event by event?',
    partitionRows: 'the events of one account in a day: about 9,400, one in nine seconds',
    example: { day: EXAMPLE_DAY, account: 'testAccount_1' },
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
    account: text('account of the guest'),
    datetime: timestamp('event time'),
    event_id: text('id of the event'),
    id: text("the client's own record id"),
    ip: text('address of the client'),
    method: text('what was requested'),
    status: int('1 while the guest has a booking'),
    gender: text('gender of the guest'),
    age: text('age band of the guest'),
    click_num: int('place that was viewed; null: none'),
    buy_num: int('place that was bought; null: none'),
    category_subhome: text('what the page is about; null: the front page, a place or a refund'),
  },
})

export const funnelTable = defineTable({
  name: 'hotel_funnel',
  description: 'The steps to a booking per five minutes by gender and age band.',
  purpose: {
    question: 'How many views led to views of places, purchases and refunds, by gender and age band, through a day?',
    partitionRows: 'at most 5,184: 288 windows, 3 genders, 6 age bands, each with other',
    example: { day: EXAMPLE_DAY },
  },
  person: noPerson('counts of many guests'),
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'window', order: 'asc' },
    { column: 'gender', order: 'asc' },
    { column: 'age', order: 'asc' },
  ],
  rowTime: 'window',
  columns: {
    day: text('UTC day'),
    window: timestamp('start of the window of five minutes'),
    gender: text('gender of the guests; other: none of the known ones'),
    age: text('age band of the guests; other: none of the known ones'),
    views: bigint('views of the front page'),
    place_views: bigint('views of places'),
    purchases: bigint('places that were bought'),
    refunds: bigint('refunds'),
    events: bigint('events of the window, of any kind'),
    revision: bigint('grows with every correction'),
  },
})

export const placeTable = defineTable({
  name: 'hotel_places_daily',
  description: 'Clicks and purchases per day and place.',
  purpose: {
    question: 'How often was each place viewed and bought on a day?',
    partitionRows: 'one for each place that was viewed: 50 in the scenario, at most a million place numbers',
    example: { day: EXAMPLE_DAY },
  },
  person: noPerson('counts of many guests'),
  partitionKey: ['day'],
  clusteringKey: [{ column: 'place', order: 'asc' }],
  rowTime: 'day',
  columns: {
    day: text('UTC day'),
    place: int('number of the place'),
    clicks: bigint('views of the place'),
    purchases: bigint('how often it was bought'),
    events: bigint('clicks and purchases'),
    revision: bigint('grows with every correction'),
  },
})

export const topTable = defineTable({
  name: 'hotel_top_places',
  description: 'The first 50 places of a day by clicks and by purchases.',
  purpose: {
    question: 'Which places were viewed most, or bought most, on a day?',
    partitionRows: 'at most 50, one for each rank',
    example: { day: EXAMPLE_DAY, kind: 'clicks' },
  },
  person: noPerson('counts of many guests'),
  partitionKey: ['day', 'kind'],
  clusteringKey: [{ column: 'rank', order: 'asc' }],
  rowTime: 'day',
  columns: {
    day: text('UTC day'),
    kind: text('what the places are ranked by: clicks or purchases'),
    rank: int('rank, from 1'),
    place: int('number of the place; of a rank with score 0, which no place has any more, the one that had it'),
    score: bigint('clicks or purchases of the place'),
    revision: bigint('grows with every correction'),
  },
})
