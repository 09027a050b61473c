import type { Topology } from '@millrace/stream'
import type { Aggregation, AggregationParts } from './facets.ts'
import { aggregations as ofDomains } from './generated/aggregation.ts'
import { topologiesOfService } from './topologies-of-service.ts'

export type { Aggregation, AggregationParts } from './facets.ts'

/** What is aggregated from the topics of each domain; a domain without aggregates is not here. */
export const aggregations: readonly Aggregation[] = ofDomains

/** The topologies of an aggregation. @throws see `topologiesOfService` */
export const topologiesOf = (aggregation: Aggregation, parts: AggregationParts): readonly Topology[] =>
  topologiesOfService('aggregator', aggregation, parts)
