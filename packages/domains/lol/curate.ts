import { makerOf } from '@millrace/contracts'
import { createKeyedProcessor } from '@millrace/stream'
import type { Curation } from '../facets.ts'
import { lol } from './contract.ts'
import { curateAction } from './curate/curate-action.ts'
import { readAction } from './curate/read-action.ts'
import { PlayerTrack } from './curate/track-moves.ts'

const FIVE_MINUTES_MS = 300_000

/** lol.raw → lol.curated. */
export const curation: Curation = {
  source: lol.topics.raw,
  target: lol.topics.curated,
  createTopology({ allowedLatenessMs = FIVE_MINUTES_MS, horizonMs = FIVE_MINUTES_MS, maxKeys, logger, metrics }) {
    return {
      name: makerOf(lol.topics.curated),
      topics: [lol.topics.raw],
      outputs: [lol.topics.curated],
      createProcessor: () =>
        createKeyedProcessor({
          service: 'curator',
          ...(logger && { logger }),
          ...(metrics && { metrics }),
          ...(maxKeys && { maxKeys }),
          allowedLatenessMs,
          // A late action belongs to the moves around it.
          horizonMs: horizonMs + allowedLatenessMs,
          decode: readAction,
          keyOf: ({ event }) => event.account,
          idOf: ({ event }) => event.eventId,
          eventTimeOf: ({ timeMs }) => timeMs,
          newState: () => new PlayerTrack({ allowedLatenessMs, horizonMs }),
          dependsFrom: track => track.dependsFrom,
          onRecord: curateAction,
        }),
    }
  },
}
