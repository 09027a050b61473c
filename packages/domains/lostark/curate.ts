import { createInstantWriter } from '@millrace/contracts'
import { createMapCuration } from '../map-curation.ts'
import { lostark } from './contract.ts'
import { normaliseBoss, normaliseClass } from './names.ts'

const writeInstant = createInstantWriter()

/** The nearest number that JSON can hold. */
const finite = (value: number): number => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE)

/** lostark.raw → lostark.curated. */
export const curation = createMapCuration(lostark.topics.raw, lostark.topics.curated, (event, eventTimeMs) => ({
  ...event,
  datetime: writeInstant(eventTimeMs),
  raidDay: event.startTime.slice(0, 10),
  bossName: normaliseBoss(event.Boss.name),
  className: normaliseClass(event.User.class),
  account: event.User.account,
  'x+y': finite(event.x + event.y),
}))
