import { makerOf } from '@millrace/contracts'
import { createMapTopology } from '@millrace/stream'
import type { Curation } from '../facets.ts'
import { hotel } from './contract.ts'
import { normaliseMethod, readMethod } from './read-method.ts'

const FIVE_MINUTES_MS = 300_000
const { raw, curated } = hotel.topics

/** hotel.raw → hotel.curated. */
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
      map(event, { emit }) {
        const { kind, place, category } = readMethod(event.method)
        emit(curated, {
          ...event,
          method: normaliseMethod(event.method),
          day: event.datetime.slice(0, 10),
          buyNum: kind === 'purchase' ? place : null,
          clickNum: kind === 'place' ? place : null,
          category_subhome: category,
        })
        return undefined
      },
    }),
}
