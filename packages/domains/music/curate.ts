import { makerOf } from '@millrace/contracts'
import { createMapTopology } from '@millrace/stream'
import type { Curation } from '../facets.ts'
import { music } from './contract.ts'

const FIVE_MINUTES_MS = 300_000
const { raw, curated } = music.topics

/** music.raw → music.curated. */
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
        emit(curated, { ...event, day: event.datetime.slice(0, 10) })
        return undefined
      },
    }),
}
