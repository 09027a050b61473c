import { createInstantWriter } from '@millrace/contracts'
import { type AdCurated, type AdRaw, adAgeBandOf, genderOf, kindOf, secondsOf } from '../contract.ts'

const MINUTE_MS = 60_000
const writeInstant = createInstantWriter()

/** The curated event of a raw one. @param timeMs its event time, ms since the epoch */
export function curateEvent(event: AdRaw, timeMs: number): AdCurated {
  const kind = kindOf(event)
  const datetime = writeInstant(timeMs)
  return {
    ...event,
    datetime,
    day: datetime.slice(0, 10),
    minute: writeInstant(Math.floor(timeMs / MINUTE_MS) * MINUTE_MS),
    kind,
    ad_id: event.Ad.ad_id,
    account: event.User.account,
    gender: genderOf(event.User.gender),
    ageBand: adAgeBandOf(event.User.age),
    seconds: secondsOf(event, kind),
  }
}
