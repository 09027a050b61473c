import type { Logger } from '@millrace/runtime'
import { createKeyedProcessor, type KeyedMetrics, type Topology } from '@millrace/stream'
import { curateAction } from './steps/curate-action.ts'
import { readAction } from './steps/read-action.ts'
import { PlayerTrack, type TrackOptions } from './steps/track-moves.ts'

export interface CuratorOptions extends Partial<TrackOptions> {
  /** Players beyond this many per partition are curated without knowledge of their moves. */
  readonly maxPlayers?: number
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

export const CURATOR_DEFAULTS: TrackOptions = { allowedLatenessMs: 300_000, horizonMs: 300_000 }

/** lol.raw → lol.curated: one curated event for each raw one. */
export function createCuratorTopology({ maxPlayers, logger, metrics, ...given }: CuratorOptions = {}): Topology {
  const options: TrackOptions = { ...CURATOR_DEFAULTS, ...given }
  return {
    name: 'curator',
    topics: ['lol.raw'],
    createProcessor: () =>
      createKeyedProcessor({
        service: 'curator',
        ...(logger && { logger }),
        ...(metrics && { metrics }),
        ...(maxPlayers && { maxKeys: maxPlayers }),
        allowedLatenessMs: options.allowedLatenessMs,
        // A straggler belongs to the moves around it.
        horizonMs: options.horizonMs + options.allowedLatenessMs,
        decode: readAction,
        keyOf: ({ event }) => event.account,
        idOf: ({ event }) => event.eventId,
        eventTimeOf: ({ timeMs }) => timeMs,
        newState: () => new PlayerTrack(options),
        dependsFrom: track => track.dependsFrom,
        onRecord: curateAction,
      }),
  }
}
