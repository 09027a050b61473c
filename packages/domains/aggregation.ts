import type { Aggregation } from './facets.ts'
import { aggregations as ofDomains } from './generated/aggregation.ts'

export type { Aggregation, AggregationParts } from './facets.ts'

/** What is aggregated from the topics of each domain; a domain without aggregates is not here. */
export const aggregations: readonly Aggregation[] = ofDomains
