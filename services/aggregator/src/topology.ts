import { type AggregationParts, aggregations, topologiesOf } from '@millrace/domains/aggregation'
import type { Topology } from '@millrace/stream'

/** What each domain aggregates from its topics. */
export const createAggregatorTopologies = ({
  domains,
  ...parts
}: AggregationParts & { readonly domains?: readonly string[] | undefined }): Topology[] =>
  aggregations
    .filter(({ domain }) => domains?.includes(domain) ?? true)
    .flatMap(aggregation => topologiesOf(aggregation, parts))
