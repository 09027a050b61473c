import type { Topic } from '@millrace/contracts'
import type { Clock, Logger } from '@millrace/runtime'
import type { KeyedMetrics, Topology } from '@millrace/stream'

/** What a service gives to the topologies of a domain. */
export interface TopologyParts {
  readonly clock?: Clock
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

export interface CurationOptions extends TopologyParts {
  /** How much older than the newest of its key an event may be and still be related to the events around it, ms. */
  readonly allowedLatenessMs?: number
  /** After a longer pause an event of a key is a first one, ms. */
  readonly horizonMs?: number
  /** Keys with state in memory, per partition. */
  readonly maxKeys?: number
}

/** How the raw events of a domain become curated ones: one for each, under the same event id and key. */
export interface Curation {
  readonly source: Topic
  readonly target: Topic
  createTopology(options: CurationOptions): Topology
}

/** What is aggregated from a domain's topics: windows, running totals, joins, session outcomes. */
export interface Aggregation {
  createTopology(options: TopologyParts): Topology
}
