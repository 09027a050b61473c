import { createInstantWriter } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { type AdActivity, type AdRaw, adAgeBandOf, genderOf, kindOf, secondsOf } from '../contract.ts'
import type { Click } from './click-chains.ts'

/** When an event happened, ms since the epoch, and its record. */
export interface Occurrence {
  readonly timeMs: number
  readonly record: LogRecord
}

const writeTime = createInstantWriter()
const writeSent = createInstantWriter()
const oneIf = (is: boolean): number => (is ? 1 : 0)

/** What an event counts for on its own: a click does not count. */
export function plainActivity(event: AdRaw, { timeMs, record }: Occurrence, revision: number): AdActivity {
  const kind = kindOf(event)
  return {
    eventId: event.eventId,
    datetime: writeTime(timeMs),
    sentAt: writeSent(record.timestampMs),
    account: event.User.account,
    ad_id: event.Ad.ad_id,
    gender: genderOf(event.User.gender),
    ageBand: adAgeBandOf(event.User.age),
    kind,
    impressions: oneIf(kind === 'impression' || kind === 'view-start'),
    views: oneIf(kind === 'view-start'),
    countedClicks: 0,
    suppressedClicks: oneIf(kind === 'click'),
    seconds: secondsOf(event, kind),
    correction: false,
    revision,
  }
}

/** What a click counts for, once it is judged. */
export function clickActivity(
  { eventId, timeMs, sentMs, gender, ageBand, isCounted }: Click,
  { account, adId }: { readonly account: string; readonly adId: string },
  { revision, isCorrection }: { readonly revision: number; readonly isCorrection: boolean },
): AdActivity {
  return {
    eventId,
    datetime: writeTime(timeMs),
    sentAt: writeSent(sentMs),
    account,
    ad_id: adId,
    gender,
    ageBand,
    kind: 'click',
    impressions: 0,
    views: 0,
    countedClicks: oneIf(isCounted),
    suppressedClicks: oneIf(!isCounted),
    seconds: 0,
    correction: isCorrection,
    revision,
  }
}
