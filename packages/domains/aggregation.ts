import type { Aggregation } from './facets.ts'
import { aggregations as ofDomains } from './generated/aggregation.ts'

export type { Aggregation, TopologyParts } from './facets.ts'

/** What is aggregated from the topics of each domain. */
export const aggregations: readonly Aggregation[] = ofDomains.flat()
