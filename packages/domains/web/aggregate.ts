import type { Aggregation } from '../facets.ts'
import { createFunnelTopology } from './aggregate/funnel.ts'
import { createHeatTopology } from './aggregate/heat.ts'
import { createPagesTopology } from './aggregate/pages.ts'
import { createStepsTopology } from './aggregate/steps.ts'
import { web } from './contract.ts'

/** The heat map and the counts of each page, and the funnel of its sessions. */
export const aggregation: Aggregation = {
  domain: web.name,
  createTopologies: parts => [
    createHeatTopology(parts),
    createPagesTopology(parts),
    createStepsTopology(parts),
    createFunnelTopology(parts),
  ],
}
