import {
  bigint,
  boolean,
  defineMapping,
  defineTable,
  double,
  int,
  microsOf,
  noPerson,
  personIn,
  text,
  timestamp,
} from '@millrace/contracts'
import { adClicks, listens } from './events.ts'
import {
  acceptedModels,
  behaviours,
  dailyTracks,
  hours,
  interests,
  predictions,
  smsReceipts,
  smsRequests,
  topTracks,
} from './results.ts'

const REVISION = bigint('grows with every correction')
const DAY = '2024-03-24'

const byCustomer = personIn({ customer: 'customer_id' })
const ofMany = noPerson('counts of many customers')

const newestFirst = [
  { column: 'datetime', order: 'desc' },
  { column: 'event_id', order: 'asc' },
] as const

const listenColumns = {
  day: text('UTC day of the event'),
  customer_id: bigint('customer'),
  datetime: timestamp('event time'),
  event_id: text('id of the event'),
  track_id: bigint('track'),
  title: text('title of the track; null while its row is missing'),
  artist: text('artist of the track'),
  part: text('morning, afternoon, evening or night'),
  mobile: int('1 where the customer listened on a mobile device'),
  region: text('the first three characters of the place of listening'),
} as const

export const listensByCustomer = defineTable({
  name: 'music_listens',
  description: 'Listens with their track, by day and customer, newest first.',
  purpose: {
    question: 'What did a customer listen to on a day, and when?',
    partitionRows: 'the listens of one customer in a day: at most some hundreds',
    example: { day: DAY, customer_id: 460 },
  },
  person: byCustomer,
  partitionKey: ['day', 'customer_id'],
  clusteringKey: newestFirst,
  rowTime: 'datetime',
  columns: {
    ...listenColumns,
    zip: text('postal code of the place of listening'),
    length: bigint('length of the track in seconds'),
    revision: REVISION,
  },
})

export const listensByRegion = defineTable({
  name: 'music_listens_by_region',
  description: 'Listens with their customer and track, by day, region and part of the day, newest first.',
  purpose: {
    question: 'Who listens in a region in a part of a day, and to what?',
    partitionRows: 'the listens of one of 1,000 regions in a part of a day: a thousandth of the traffic of some hours',
    example: { day: DAY, region: '264', part: 'morning' },
  },
  person: byCustomer,
  partitionKey: ['day', 'region', 'part'],
  clusteringKey: newestFirst,
  rowTime: 'datetime',
  columns: {
    ...listenColumns,
    gender: int('of the customer: 0 or 1; null while the row is missing'),
    age: bigint('of the customer, in years'),
    level: int('of the customer: 0 Free, 1 Silver, 2 Gold'),
    campaign: int('that brought the customer'),
    status: int('1 while the account of the customer is active'),
    revision: REVISION,
  },
})

export const hourly = defineTable({
  name: 'music_hourly',
  description: 'Plays per hour, of all listens and by region, gender, age, level and campaign.',
  purpose: {
    question:
      'How many plays, and how many of them on mobile devices, had an hour in all, or by region, gender, age, level or campaign?',
    partitionRows: 'one for each value of the dimension: at most 1,000 regions',
    example: { hour: `${DAY}T11:00:00.000Z`, dimension: 'level' },
  },
  person: ofMany,
  partitionKey: ['hour', 'dimension'],
  clusteringKey: [{ column: 'value', order: 'asc' }],
  rowTime: 'hour',
  columns: {
    hour: timestamp('start of the hour'),
    dimension: text('all, region, gender, age, level or campaign'),
    value: text('value of the dimension; unknown where the reference row is missing'),
    plays: bigint('listens of the hour'),
    mobile: bigint('of them on mobile devices'),
    revision: REVISION,
  },
})

export const tracksDaily = defineTable({
  name: 'music_tracks_daily',
  description: 'Plays per day of each track by customers of each gender.',
  purpose: {
    question: 'How often was each track played on a day by customers of a gender?',
    partitionRows: 'one for each track that was played: at most the number of tracks',
    example: { day: DAY, gender: '0' },
  },
  person: ofMany,
  partitionKey: ['day', 'gender'],
  clusteringKey: [
    { column: 'track_id', order: 'asc' },
    { column: 'title', order: 'asc' },
    { column: 'artist', order: 'asc' },
  ],
  rowTime: 'day',
  columns: {
    day: text('UTC day'),
    gender: text('0, 1 or unknown'),
    track_id: bigint('track'),
    title: text('title of the track; empty while its row is missing'),
    artist: text('artist of the track'),
    plays: bigint('listens of the day'),
    revision: REVISION,
  },
})

export const topTracksTable = defineTable({
  name: 'music_top_tracks',
  description: 'The first 50 tracks of a day among customers of each gender.',
  purpose: {
    question: 'Which tracks did customers of a gender play most on a day?',
    partitionRows: 'at most 50, one for each rank',
    example: { day: DAY, gender: '0' },
  },
  person: ofMany,
  partitionKey: ['day', 'gender'],
  clusteringKey: [{ column: 'rank', order: 'asc' }],
  rowTime: 'day',
  columns: {
    day: text('UTC day'),
    gender: text('0, 1 or unknown'),
    rank: int('rank by plays, from 1; of tracks with as many plays the one with the lower id is first'),
    track_id: bigint('track; of a rank with 0 plays, which no track has any more, the one that had it'),
    title: text('title of the track; empty while its row is missing'),
    artist: text('artist of the track'),
    plays: bigint('listens of the day'),
    revision: REVISION,
  },
})

export const interestList = defineTable({
  name: 'music_interests',
  description: 'Tracks that a customer played three times within 30 minutes, newest first.',
  purpose: {
    question: 'Which tracks did a customer play again and again in a month?',
    partitionRows: 'the crossings of one customer in a month: some dozens',
    example: { customer_id: 460, month: DAY.slice(0, 7) },
  },
  person: byCustomer,
  partitionKey: ['customer_id', 'month'],
  clusteringKey: newestFirst,
  rowTime: 'datetime',
  columns: {
    customer_id: bigint('customer'),
    month: text('UTC month of the crossing'),
    datetime: timestamp('event time of the play that crossed'),
    event_id: text('id of that play'),
    track_id: bigint('track'),
    since: timestamp('event time of the first of the three plays'),
    withdrawn: boolean('true where a play that came late made another play the one that crossed'),
    revision: REVISION,
  },
})

export const behaviourOf = defineTable({
  name: 'music_behaviour',
  description: 'How a customer listens, since the first listen.',
  purpose: {
    question:
      'At which times of the day, how often on mobile devices, and how many different tracks does a customer listen?',
    partitionRows: 'one',
    example: { customer_id: 460 },
  },
  person: byCustomer,
  partitionKey: ['customer_id'],
  clusteringKey: [],
  rowTime: null,
  columns: {
    customer_id: bigint('customer'),
    plays: bigint('listens so far'),
    morning: bigint('of them from 5 to 12'),
    afternoon: bigint('from 12 to 17'),
    evening: bigint('from 17 to 22'),
    night: bigint('from 22 to 5'),
    mobile: bigint('on mobile devices'),
    tracks: bigint('different tracks'),
    last_listen: timestamp('event time of the newest listen'),
    revision: REVISION,
  },
})

export const predictionsOfDay = defineTable({
  name: 'music_predictions',
  description: 'What the model in use predicts of each customer, by the day of the newest listen.',
  purpose: {
    question: 'Who of the customers that listened on a day is predicted to click an offer, and is a target?',
    partitionRows: 'one for each customer who listened: at most the number of customers',
    example: { day: DAY },
  },
  person: byCustomer,
  partitionKey: ['day'],
  clusteringKey: [{ column: 'customer_id', order: 'asc' }],
  rowTime: 'day',
  columns: {
    day: text('UTC day of the newest listen'),
    customer_id: bigint('customer'),
    model_version: bigint('version of the model'),
    probability: double('of a click, to six digits'),
    clicks: boolean('true where a click is predicted'),
    target: boolean('true where the customer is active, below Gold, and predicted to click'),
    revision: REVISION,
  },
})

export const sms = defineTable({
  name: 'music_sms',
  description: 'Messages to customers, by campaign day.',
  purpose: {
    question: 'Who gets a message on a campaign day, why, and was it sent?',
    partitionRows: 'one for each target of the day: at most the number of customers',
    example: { campaign_day: DAY },
  },
  person: byCustomer,
  partitionKey: ['campaign_day'],
  clusteringKey: [{ column: 'customer_id', order: 'asc' }],
  rowTime: 'campaign_day',
  columns: {
    campaign_day: text('UTC day of the campaign'),
    customer_id: bigint('customer'),
    request_id: text('id of the request'),
    source_event_id: text('id of the listen with which the customer became a target'),
    datetime: timestamp('event time of that listen'),
    model_version: bigint('version of the model that predicted the click'),
    message: text('the message'),
    provider: text('who took the message; null until it is sent'),
    sent_at: timestamp('when the provider took it; null until it is sent'),
  },
})

export const modelHistory = defineTable({
  name: 'music_models',
  description: 'Models that were accepted, newest first.',
  purpose: {
    question: 'Which models were in use since when, and how good are they?',
    partitionRows: 'one for each model: some dozens a year',
    example: { name: 'ad-target' },
  },
  person: noPerson('models of many customers'),
  partitionKey: ['name'],
  clusteringKey: [{ column: 'version', order: 'desc' }],
  rowTime: null,
  columns: {
    name: text('name of the model'),
    version: bigint('greater than that of every model before'),
    trained_at: timestamp('when the model was trained'),
    error: double('share of wrong predictions on held-out customers'),
    baseline_error: double('that share when no click is ever predicted'),
    examples: bigint('customers that it was trained on'),
    coefficients: text('JSON: intercept, threshold, least listens, and a coefficient for each feature'),
  },
})

export const clicks = defineTable({
  name: 'music_ad_clicks',
  description: 'Clicks of customers on offers, by day and customer, newest first.',
  purpose: {
    question: 'Which offers did a customer click on a day?',
    partitionRows: 'the clicks of one customer in a day: a few',
    example: { day: DAY, customer_id: 460 },
  },
  person: byCustomer,
  partitionKey: ['day', 'customer_id'],
  clusteringKey: newestFirst,
  rowTime: 'datetime',
  columns: {
    day: text('UTC day of the event'),
    customer_id: bigint('customer'),
    datetime: timestamp('event time'),
    event_id: text('id of the event'),
    offer: text('the offer, such as ADV_FREE_REFERRAL'),
  },
})

const dayOf = (datetime: string): string => datetime.slice(0, 10)

export const mappings = [
  defineMapping(listens, listensByCustomer, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.day,
      customer_id: event.customer_id,
      datetime: Date.parse(event.datetime),
      event_id: event.eventId,
      track_id: event.track_id,
      title: event.title,
      artist: event.artist,
      length: event.length,
      part: event.part,
      mobile: event.ismobile,
      region: event.region,
      zip: event.listening_zip,
      revision: event.revision,
    },
  })),
  defineMapping(listens, listensByRegion, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.day,
      region: event.region,
      part: event.part,
      datetime: Date.parse(event.datetime),
      event_id: event.eventId,
      customer_id: event.customer_id,
      gender: event.gender,
      age: event.age,
      level: event.level,
      campaign: event.campaign,
      status: event.status,
      track_id: event.track_id,
      title: event.title,
      artist: event.artist,
      mobile: event.ismobile,
      revision: event.revision,
    },
  })),
  defineMapping(hours, hourly, ({ hour, dimension, value, plays, mobile, revision }) => ({
    writeTimeMicros: revision,
    values: { hour: Date.parse(hour), dimension, value, plays, mobile, revision },
  })),
  defineMapping(dailyTracks, tracksDaily, ({ day, gender, track_id, title, artist, plays, revision }) => ({
    writeTimeMicros: revision,
    values: { day, gender, track_id, title, artist, plays, revision },
  })),
  defineMapping(topTracks, topTracksTable, ({ day, gender, rank, track_id, title, artist, plays, revision }) => ({
    writeTimeMicros: revision,
    values: { day, gender, rank, track_id, title, artist, plays, revision },
  })),
  defineMapping(interests, interestList, event => ({
    writeTimeMicros: event.revision,
    values: {
      customer_id: event.customer_id,
      month: event.datetime.slice(0, 7),
      datetime: Date.parse(event.datetime),
      event_id: event.sourceEventId,
      track_id: event.track_id,
      since: Date.parse(event.since),
      withdrawn: event.withdrawn,
      revision: event.revision,
    },
  })),
  defineMapping(behaviours, behaviourOf, event => ({
    writeTimeMicros: event.revision,
    values: {
      customer_id: event.customer_id,
      plays: event.plays,
      morning: event.morning,
      afternoon: event.afternoon,
      evening: event.evening,
      night: event.night,
      mobile: event.mobile,
      tracks: event.tracks,
      last_listen: Date.parse(event.lastListenAt),
      revision: event.revision,
    },
  })),
  defineMapping(predictions, predictionsOfDay, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.day,
      customer_id: event.customer_id,
      model_version: event.modelVersion,
      probability: event.probability,
      clicks: event.clicks,
      target: event.target,
      revision: event.revision,
    },
  })),
  defineMapping(smsRequests, sms, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      campaign_day: event.campaignDay,
      customer_id: event.customer_id,
      request_id: event.eventId,
      source_event_id: event.sourceEventId,
      datetime: Date.parse(event.datetime),
      model_version: event.modelVersion,
      message: event.text,
    },
  })),
  defineMapping(smsReceipts, sms, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      campaign_day: event.campaignDay,
      customer_id: event.customer_id,
      provider: event.provider,
      sent_at: Date.parse(event.sentAt),
    },
  })),
  defineMapping(acceptedModels, modelHistory, event => ({
    writeTimeMicros: microsOf(Date.parse(event.trainedAt)),
    values: {
      name: event.name,
      version: event.version,
      trained_at: Date.parse(event.trainedAt),
      error: event.error,
      baseline_error: event.baselineError,
      examples: event.examples,
      coefficients: JSON.stringify({
        intercept: event.intercept,
        threshold: event.threshold,
        minPlays: event.minPlays,
        ...Object.fromEntries(event.features.map((feature, index) => [feature, event.coefficients[index]])),
      }),
    },
  })),
  defineMapping(adClicks, clicks, event => ({
    writeTimeMicros: microsOf(Date.parse(event.Localtime)),
    values: {
      day: dayOf(event.Localtime),
      customer_id: event.CustID,
      datetime: Date.parse(event.Localtime),
      event_id: event.eventId,
      offer: event.AdClicked,
    },
  })),
]
