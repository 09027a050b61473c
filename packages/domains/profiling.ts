import type { Topology } from '@millrace/stream'
import type { AggregationParts, Profiling } from './facets.ts'
import { profilings as ofDomains } from './generated/profiling.ts'
import { topologiesOfService } from './topologies-of-service.ts'

export type { AggregationParts, Profiling } from './facets.ts'

/** What is learned of the actors of each domain; a domain without profiles is not here. */
export const profilings: readonly Profiling[] = ofDomains

/** The topologies of a domain's profiles. @throws see `topologiesOfService` */
export const profilingTopologiesOf = (profiling: Profiling, parts: AggregationParts): readonly Topology[] =>
  topologiesOfService('profiler', profiling, parts)
