import type { Aggregation } from '../facets.ts'
import { createFunnelTopology } from './aggregate/funnel.ts'
import { createPlacesTopology, createTopPlacesTopology } from './aggregate/places.ts'
import { hotel } from './contract.ts'

/** The funnel to a booking per five minutes, and the places of a day with their ranks. */
export const aggregation: Aggregation = {
  domain: hotel.name,
  createTopologies: parts => [createFunnelTopology(parts), createPlacesTopology(parts), createTopPlacesTopology(parts)],
}
