import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createMapTopology } from '@millrace/stream'
import type { Curation } from '../facets.ts'
import { lostark } from './contract.ts'
import { normaliseBoss, normaliseClass } from './names.ts'

const FIVE_MINUTES_MS = 300_000
const writeInstant = createInstantWriter()
const { raw, curated } = lostark.topics

/** The nearest number that JSON can hold. */
const finite = (value: number): number => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE)

/** lostark.raw → lostark.curated. */
export const curation: Curation = {
  source: raw,
  target: curated,
  createTopology: ({ horizonMs = FIVE_MINUTES_MS, logger, metrics }) =>
    createMapTopology({
      name: makerOf(curated),
      service: 'curator',
      source: raw,
      target: curated,
      horizonMs,
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      map(event, { eventTimeMs, emit }) {
        emit(curated, {
          ...event,
          datetime: writeInstant(eventTimeMs),
          raidDay: event.startTime.slice(0, 10),
          bossName: normaliseBoss(event.Boss.name),
          className: normaliseClass(event.User.class),
          account: event.User.account,
          'x+y': finite(event.x + event.y),
        })
        return undefined
      },
    }),
}
