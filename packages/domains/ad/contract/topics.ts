import {
  defineTopic,
  instantField,
  keyField,
  noPerson,
  personIn,
  type WireReaders,
  wireBoolean,
  wireEventId,
  wireInstant,
  wireNumber,
  wireObject,
} from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic, totalState } from '@millrace/stream/windows'
import {
  type AdRaw,
  adActivity,
  adCampaign,
  adCampaignTotal,
  adCurated,
  adMinute,
  adRaw,
  adUnknownCampaign,
  adUserTotal,
} from './events.ts'

const wire: WireReaders = {
  eventId: wireEventId,
  datetime: wireInstant,
  Ad: wireObject({ click_count: wireNumber, viewing_time: wireNumber }),
  User: wireObject({ view: wireBoolean, click: wireBoolean, total_time: wireNumber, age: wireNumber }),
}

/** The account of an event, and of what is derived from it: so these topics have the same key. */
const accountOf = ({ User, account }: { readonly User?: AdRaw['User']; readonly account?: unknown }): string =>
  User ? User.account : String(account ?? '')
const byAccount = { keyOf: accountOf, keyText: '`User.account`' }
const byCampaign = keyField('ad_id')
/** A quiet domain: an event of a viewer in an hour. */
const partitions = 3
const by = 'aggregator'
const noTime = { eventTimeMs: () => null, timeText: 'none; the time of receipt counts' }

export const raw = defineTopic({
  name: 'ad.raw',
  schema: adRaw,
  wire,
  ...byAccount,
  person: personIn({ account: 'User.account' }),
  eventTimeMs: instantField('datetime'),
  timeText: '`datetime`, where it is given; else the time of receipt',
  partitions,
  samples: [
    {
      Ad: {
        start_time: '2024-03-31',
        ad_id: '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe',
        ad_name: '리그오브레전드',
        genre: 'game',
        end_time: '2024-04-15',
        click_count: '0',
        viewing_time: '0',
        ad_explain: '리그오브레전드와 관련된 광고입니다.',
      },
      User: {
        view: 'true',
        gender: 'female',
        total_time: '0',
        click: 'false',
        account: 'testAccount_11',
        age: '36',
      },
    },
    {
      datetime: '2024-03-24T11:25:29.845Z',
      kind: 'click',
      Ad: { ad_id: '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe' },
      User: { account: 'testAccount_11', gender: 'female', age: 36 },
    },
  ],
  why: 'What viewers do with ads, as accepted by the gateway; keyed by account so that one viewer stays in order.',
})

export const curated = defineTopic({
  name: 'ad.curated',
  schema: adCurated,
  ...byAccount,
  eventTimeMs: instantField('datetime'),
  partitions,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw events with the event time, what the viewer did, the age band, and the seconds viewed.',
})

export const campaigns = defineTopic({
  name: 'ad.campaigns',
  schema: adCampaign,
  wire: { eventId: wireEventId },
  keyOf: byCampaign,
  ...noTime,
  partitions: 1,
  person: noPerson('reference data of campaigns'),
  cleanup: 'compact',
  lake: false,
  samples: [
    {
      ad_id: '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe',
      name: '리그오브레전드',
      genre: 'game',
      start_time: '2024-03-31',
      end_time: '2024-04-15',
      description: '리그오브레전드와 관련된 광고입니다.',
    },
  ],
  why: 'Reference data: name, genre, dates and description of each campaign; the newest record of a campaign counts.',
})

export const activity = defineTopic({
  name: 'ad.activity',
  schema: adActivity,
  keyOf: accountOf,
  keyText: '`account`',
  eventTimeMs: instantField('datetime'),
  partitions,
  lake: false,
  derivedFrom: { topic: raw, by, topology: 'activity', relation: 'each' },
  person: personIn({ account: 'account' }),
  why: 'What each event counts for; a click that comes late can change what later clicks count for, which are published again.',
})

/** Sums over viewers; an event that came too late for them is known by its id alone. */
const person = noPerson('counts of many viewers')
const ofMinutes = { source: activity, topology: 'minutes', of: 'the sums of ad.minutes', person }
const ofCampaigns = { source: activity, topology: 'campaign-totals', of: 'the totals of ad.campaign-totals', person }
const ofUsers = {
  ...{ source: activity, topology: 'user-totals', of: 'the totals of ad.user-totals' },
  person: personIn({ account: 'group.0' }),
}

export const minutesPartials = definePartialsTopic({ name: 'ad.minutes-partials', ...ofMinutes })
export const minutesLate = defineLateTopic({ name: 'ad.minutes-late', ...ofMinutes })
export const minutes = defineTopic({
  name: 'ad.minutes',
  schema: adMinute,
  keyOf: byCampaign,
  eventTimeMs: instantField('minute'),
  partitions,
  lake: false,
  derivedFrom: { topic: minutesPartials, by, topology: 'minutes', relation: 'aggregate' },
  person,
  why: 'Impressions, views, clicks and seconds viewed per minute, campaign, gender and age band.',
})

export const campaignPartials = definePartialsTopic({ name: 'ad.campaign-totals-partials', ...ofCampaigns })
export const campaignLate = defineLateTopic({ name: 'ad.campaign-totals-late', ...ofCampaigns })
export const campaignTotals = defineTopic({
  name: 'ad.campaign-totals',
  schema: adCampaignTotal.extend({ state: totalState.describe('from which a restart goes on') }),
  keyOf: byCampaign,
  ...noTime,
  partitions,
  cleanup: 'compact',
  lake: false,
  derivedFrom: { topic: campaignPartials, by, topology: 'campaign-totals', relation: 'aggregate' },
  person,
  why: 'Running totals of each campaign.',
})

export const userPartials = definePartialsTopic({ name: 'ad.user-totals-partials', ...ofUsers })
export const userLate = defineLateTopic({ name: 'ad.user-totals-late', ...ofUsers })
export const userTotals = defineTopic({
  name: 'ad.user-totals',
  schema: adUserTotal.extend({ state: totalState.describe('from which a restart goes on') }),
  keyOf: keyField('account'),
  ...noTime,
  partitions,
  cleanup: 'compact',
  lake: false,
  derivedFrom: { topic: userPartials, by, topology: 'user-totals', relation: 'aggregate' },
  person: personIn({ account: 'account' }),
  why: 'Running totals of each viewer.',
})

export const unknownCampaigns = defineTopic({
  name: 'ad.unknown-campaigns',
  schema: adUnknownCampaign,
  keyOf: byCampaign,
  eventTimeMs: instantField('datetime'),
  partitions: 1,
  lake: false,
  derivedFrom: { topic: raw, by, topology: 'unknown-campaigns', relation: 'some' },
  person: noPerson('a campaign and a day'),
  why: 'Campaigns that events name and that have no reference record, once per day.',
})
