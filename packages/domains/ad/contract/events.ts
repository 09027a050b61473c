import { ageBandOf, ageBands, eventId, instant } from '@millrace/contracts'
import { z } from 'zod'

/** What a viewer does with an ad. `impression`: it was shown and not viewed. */
export const adKinds = ['impression', 'view-start', 'view-end', 'click'] as const
export type AdKind = (typeof adKinds)[number]

/** Genders in aggregates; `other` is whatever else a client says. */
export const adGenders = ['female', 'male', 'other'] as const
export type AdGender = (typeof adGenders)[number]

/** Age bands in aggregates. */
export const adAgeBands = ['under-20', ...ageBands] as const
export type AdAgeBand = (typeof adAgeBands)[number]

export const genderOf = (gender: string): AdGender => (gender === 'female' || gender === 'male' ? gender : 'other')
export const adAgeBandOf = (age: number): AdAgeBand => ageBandOf(age) ?? 'under-20'

/** The longest view that an event can tell of: a day. */
const MAX_SECONDS = 86_400
const MAX_COUNT = 2_147_483_647

const adId = z.string().min(1).max(128).describe('campaign')
const account = z.string().min(1).max(128).describe('account of the viewer')
const count = z.int().min(0).max(MAX_COUNT)
const text = (max: number) => z.string().max(max)

/** The ad of an event, as the client knows it. */
const shownAd = z.looseObject({
  ad_id: adId,
  ad_name: text(256).optional().describe('name of the campaign'),
  genre: text(64).optional().describe('genre of the campaign'),
  start_time: z.iso.date().optional().describe('first day of the campaign'),
  end_time: z.iso.date().optional().describe('last day of the campaign'),
  ad_explain: text(4096).optional().describe('what the campaign is about'),
  click_count: count.optional().describe('clicks that the client counted'),
  viewing_time: z.number().min(0).max(MAX_SECONDS).optional().describe('seconds for which the ad was viewed'),
})

/** The viewer of an event, and what the viewer does. */
const viewer = z.looseObject({
  account: z.string().min(1).max(128).describe('account of the viewer; the partition key'),
  gender: z.string().min(1).max(32).describe('gender of the viewer'),
  age: z.int().min(0).max(150).describe('age of the viewer, years'),
  view: z.boolean().optional().describe('true when the ad is viewed'),
  click: z.boolean().optional().describe('true when the ad is clicked'),
  total_time: z.number().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('seconds that the client counted'),
})

/** What a viewer did with an ad, as it travels in `ad.raw`. */
export const adRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  datetime: instant.optional().describe('event time; where it is left out, the time of receipt counts'),
  kind: z.enum(adKinds).optional().describe('what the viewer did; where it is left out, the flags of User tell it'),
  Ad: shownAd.describe('the ad'),
  User: viewer.describe('the viewer'),
})

const gender = z.enum(adGenders).describe('gender of the viewer')
const ageBand = z.enum(adAgeBands).describe('age band of the viewer')
const kind = z.enum(adKinds).describe('what the viewer did')
const seconds = z.number().min(0).describe('seconds viewed')

/** A raw event with its event time, what the viewer did, and the columns that the aggregates group by; the same event id. */
export const adCurated = adRaw.extend({
  datetime: instant.describe('event time'),
  day: z.iso.date().describe('UTC day of the event'),
  minute: instant.describe('start of the UTC minute of the event'),
  kind,
  ad_id: adId,
  account,
  gender,
  ageBand,
  seconds: z.number().min(0).max(MAX_SECONDS).describe('seconds viewed, with the end of a view'),
})

/** A campaign: reference data. */
export const adCampaign = z.looseObject({
  eventId: eventId.describe('id of the record, from the producer or given by the gateway'),
  ad_id: adId,
  name: z.string().min(1).max(256).describe('name of the campaign'),
  genre: text(64).describe('genre of the campaign'),
  start_time: z.iso.date().describe('first day of the campaign'),
  end_time: z.iso.date().describe('last day of the campaign'),
  description: text(4096).describe('what the campaign is about'),
})

const one = z.int().min(0).max(1)
const revision = z.int().min(1).describe('grows with every correction')
const events = z.int().min(0).describe('events that are counted')
const ctr = z.number().min(0).nullable().describe('counted clicks per impression; null without impressions')
const impressions = z.int().min(0).describe('times the ad was shown, viewed or not')
const views = z.int().min(0).describe('views that began')

/** What one event counts for; the newest revision of an event counts. */
export const adActivity = z.looseObject({
  eventId: eventId.describe('id of the raw event'),
  datetime: instant.describe('event time'),
  sentAt: instant.describe('time of sending of the raw event'),
  account,
  ad_id: adId,
  gender,
  ageBand,
  kind,
  impressions: one.describe('1 when the ad was shown'),
  views: one.describe('1 when a view began'),
  countedClicks: one.describe('1 for a click that counts'),
  suppressedClicks: one.describe('1 for a click that does not'),
  seconds,
  correction: z.boolean().describe('true when an earlier record of the event is replaced'),
  revision: z
    .int()
    .min(0)
    .describe('offset behind the raw event that led to the record; 0 for one that came too late to be judged'),
})

/** A campaign in one minute, by gender and age band; the newest revision counts. */
export const adMinute = z.looseObject({
  minute: instant.describe('start of the minute'),
  ad_id: adId,
  gender,
  ageBand,
  impressions,
  views,
  countedClicks: z.int().min(0).describe('clicks that count'),
  suppressedClicks: z.int().min(0).describe('clicks that do not count'),
  seconds,
  ctr,
  events,
  revision,
})

const clickCount = z.int().min(0).describe('clicks that count')
const suppressed = z.int().min(0).describe('clicks that do not count')

/** Everything that a campaign has had so far, without the state from which a restart goes on. */
export const adCampaignTotal = z.looseObject({
  ad_id: adId,
  impressions,
  views,
  click_count: clickCount,
  suppressed_click_count: suppressed,
  viewing_time: seconds,
  ctr,
  events,
  revision,
})

/** Everything that a viewer has done so far, without the state from which a restart goes on. */
export const adUserTotal = z.looseObject({
  account,
  impressions,
  views,
  click_count: clickCount,
  suppressed_click_count: suppressed,
  total_time: seconds,
  events,
  revision,
})

/** A campaign that events name and that has no reference record; once per day and partition, and again after a restart. */
export const adUnknownCampaign = z.looseObject({
  eventId: z.string().min(1).describe('<campaign>@<day>@<partition>'),
  ad_id: adId,
  ad_name: text(256).nullable().describe('name of the campaign as an event says it'),
  day: z.iso.date().describe('UTC day of the event'),
  datetime: instant.describe('event time of that event'),
  revision,
})

export type AdRaw = z.infer<typeof adRaw>
export type AdCurated = z.infer<typeof adCurated>
export type AdActivity = z.infer<typeof adActivity>
export type AdCampaign = z.infer<typeof adCampaign>

/** What the viewer did: as the event says it outright, else by its flags. */
export function kindOf({ kind, Ad, User }: AdRaw): AdKind {
  if (kind) return kind
  if (User.click) return 'click'
  if (!User.view) return 'impression'
  return (Ad.viewing_time ?? 0) > 0 ? 'view-end' : 'view-start'
}

/** Seconds viewed, in whole milliseconds, so that sums are exact. */
export const secondsOf = (event: AdRaw, kind: AdKind): number =>
  kind === 'view-end' ? Math.round((event.Ad.viewing_time ?? 0) * 1000) / 1000 : 0
