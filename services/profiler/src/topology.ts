import { type AggregationParts, profilings, profilingTopologiesOf } from '@millrace/domains/profiling'
import type { Topology } from '@millrace/stream'

/** What is learned of the actors of each domain. */
export const createProfilerTopologies = ({
  domains,
  ...parts
}: AggregationParts & { readonly domains?: readonly string[] | undefined }): Topology[] =>
  profilings
    .filter(({ domain }) => domains?.includes(domain) ?? true)
    .flatMap(profiling => profilingTopologiesOf(profiling, parts))
