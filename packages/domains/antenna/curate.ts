import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createMapTopology } from '@millrace/stream'
import type { Curation } from '../facets.ts'
import { antenna, hourOf } from './contract.ts'

const FIVE_MINUTES_MS = 300_000
const writeInstant = createInstantWriter()
const { raw, curated } = antenna.topics

/** antenna.raw → antenna.curated. */
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
          app: event.app.toUpperCase(),
          datetime: writeInstant(eventTimeMs),
          hour: writeInstant(hourOf(eventTimeMs)),
        })
        return undefined
      },
    }),
}
