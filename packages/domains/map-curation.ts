import { makerOf, type Topic } from '@millrace/contracts'
import { createMapTopology } from '@millrace/stream'
import type { z } from 'zod'
import type { Curation } from './facets.ts'

const FIVE_MINUTES_MS = 300_000

/** One curated event for each raw one, which depends on no other event. @param curate a pure function; event time in ms since the epoch */
export const createMapCuration = <Raw extends z.ZodObject, Curated extends z.ZodObject>(
  source: Topic<Raw>,
  target: Topic<Curated>,
  curate: (event: z.infer<Raw>, eventTimeMs: number) => z.infer<Curated>,
): Curation => ({
  source,
  target,
  createTopology: ({ horizonMs = FIVE_MINUTES_MS, logger, metrics }) =>
    createMapTopology({
      name: makerOf(target),
      service: 'curator',
      source,
      target,
      horizonMs,
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      map(event, { emit, eventTimeMs }) {
        emit(target, curate(event, eventTimeMs))
        return undefined
      },
    }),
})
