import type { Aggregation } from '../facets.ts'
import { createHoursTopology, createTopTracksTopology, createTrackPlaysTopology } from './aggregate/plays.ts'
import { music } from './contract.ts'

/** Plays per hour by who listens where, and per day of each track. */
export const aggregation: Aggregation = {
  domain: music.name,
  createTopologies: parts => [
    createHoursTopology(parts),
    createTrackPlaysTopology(parts),
    createTopTracksTopology(parts),
  ],
}
