import { defineDomain } from '@millrace/contracts'
import { adClicks, listens, raw, truth } from './contract/events.ts'
import { measures } from './contract/measures.ts'
import { customers, models, tracks } from './contract/reference.ts'
import {
  acceptedModels,
  behaviours,
  dailyTracks,
  hours,
  hoursLate,
  hoursPartials,
  interests,
  predictions,
  smsReceipts,
  smsRequests,
  topTracks,
  trackPlaysLate,
  trackPlaysPartials,
} from './contract/results.ts'
import {
  behaviourOf,
  clicks,
  hourly,
  interestList,
  listensByCustomer,
  listensByRegion,
  mappings,
  modelHistory,
  predictionsOfDay,
  sms,
  topTracksTable,
  tracksDaily,
} from './contract/tables.ts'

export type { Listen, MusicRaw, MusicTruth, PartOfDay } from './contract/events.ts'
export { musicRaw, parts } from './contract/events.ts'
export type { AdTargetModel, Customer, Track } from './contract/reference.ts'
export { campaigns, GOLD, levels, modelFeatures } from './contract/reference.ts'
export type { Behaviour, Interest, Prediction, SmsReceipt, SmsRequest } from './contract/results.ts'

import { dimensions } from './contract/results.ts'

export { dimensions, RANKS, UNKNOWN } from './contract/results.ts'

/** Music streaming: topics, tables and mappings. */
export const music = defineDomain({
  name: 'music',
  title: 'Music streaming',
  topics: {
    ...{ raw, adClicks, truth, customers, tracks, models, listens },
    ...{ hours, hoursPartials, hoursLate, dailyTracks, trackPlaysPartials, trackPlaysLate, topTracks },
    ...{ interests, behaviours, predictions, smsRequests, smsReceipts, acceptedModels },
  },
  tables: [
    ...[listensByCustomer, listensByRegion, hourly, tracksDaily, topTracksTable, interestList],
    ...[behaviourOf, predictionsOfDay, sms, modelHistory, clicks],
  ],
  conservation: [
    {
      source: listens,
      table: hourly,
      eventsColumn: 'plays',
      where: { column: 'dimension', equals: dimensions[0] },
      late: hoursLate,
    },
    { source: listens, table: tracksDaily, eventsColumn: 'plays', late: trackPlaysLate },
  ],
  mappings,
  measures,
})
