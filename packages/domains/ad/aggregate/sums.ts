import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createRunningTotals, createWindowedAggregation, type Topology } from '@millrace/stream'
import type { AggregationParts, TopologyParts } from '../../facets.ts'
import { type AdAgeBand, type AdGender, ad } from '../contract.ts'
import { type Counts, counting, ctrOf } from './counts.ts'
import { LATENESS_MS, MINUTE_MS } from './lateness.ts'

const { activity, minutes, minutesPartials, minutesLate } = ad.topics
const { campaignTotals, campaignPartials, campaignLate, userTotals, userPartials, userLate } = ad.topics
/** A total counts every event that a minute counts: its steps may end before the event's minute does. */
const HORIZON_MS = LATENESS_MS + MINUTE_MS
const shared = { ...counting, service: 'aggregator', source: activity }
const counts = ['impressions', 'views', 'countedClicks', 'suppressedClicks', 'seconds'] as const
const writeInstant = createInstantWriter()

const secondsOf = ({ viewedMs }: Counts): number => viewedMs / 1000

/** ad.activity → ad.minutes: counts per minute, campaign, gender and age band. */
export const createMinutesTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    ...shared,
    name: makerOf(minutes),
    partials: minutesPartials,
    results: minutes,
    late: minutesLate,
    windowMs: MINUTE_MS,
    graceMs: LATENESS_MS,
    keptFields: [...counts, 'ad_id', 'gender', 'ageBand'],
    groupsOf: event => [[event.ad_id, event.gender, event.ageBand]],
    toEvent: ({ windowMs, group: [adId, gender, ageBand], events, result, revision }) => ({
      minute: writeInstant(windowMs),
      ad_id: adId!,
      gender: gender as AdGender,
      ageBand: ageBand as AdAgeBand,
      impressions: result.impressions,
      views: result.views,
      countedClicks: result.counted,
      suppressedClicks: result.suppressed,
      seconds: secondsOf(result),
      ctr: ctrOf(result),
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })

/** ad.activity → ad.campaign-totals: everything that each campaign has had. */
export const createCampaignTotalsTopology = ({ log, logger, metrics }: AggregationParts): Topology =>
  createRunningTotals({
    ...shared,
    name: makerOf(campaignTotals),
    log,
    partials: campaignPartials,
    results: campaignTotals,
    late: campaignLate,
    horizonMs: HORIZON_MS,
    keptFields: [...counts, 'ad_id'],
    groupsOf: event => [[event.ad_id]],
    toEvent: ({ group: [adId], events, result, revision, state }) => ({
      ad_id: adId!,
      impressions: result.impressions,
      views: result.views,
      click_count: result.counted,
      suppressed_click_count: result.suppressed,
      viewing_time: secondsOf(result),
      ctr: ctrOf(result),
      events,
      revision,
      state,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })

/** ad.activity → ad.user-totals: everything that each viewer has done. */
export const createUserTotalsTopology = ({ log, logger, metrics }: AggregationParts): Topology =>
  createRunningTotals({
    ...shared,
    name: makerOf(userTotals),
    log,
    partials: userPartials,
    results: userTotals,
    late: userLate,
    horizonMs: HORIZON_MS,
    keptFields: [...counts, 'account'],
    groupsOf: event => [[event.account]],
    toEvent: ({ group: [account], events, result, revision, state }) => ({
      account: account!,
      impressions: result.impressions,
      views: result.views,
      click_count: result.counted,
      suppressed_click_count: result.suppressed,
      total_time: secondsOf(result),
      events,
      revision,
      state,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
