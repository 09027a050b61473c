import { makerOf } from '@millrace/contracts'
import { createMapTopology } from '@millrace/stream'
import type { Curation } from '../facets.ts'
import { ad } from './contract.ts'
import { curateEvent } from './curate/curate-event.ts'

const FIVE_MINUTES_MS = 300_000
const { raw, curated } = ad.topics

/** ad.raw → ad.curated. */
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
      map(event, { emit, eventTimeMs }) {
        emit(curated, curateEvent(event, eventTimeMs))
        return undefined
      },
    }),
}
