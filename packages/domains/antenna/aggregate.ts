import type { Aggregation } from '../facets.ts'
import { createQuotaTopology } from './aggregate/quota.ts'
import { createBytesTopology, createUsageTopology } from './aggregate/sums.ts'
import { antenna } from './contract.ts'

/** Sums of bytes per five minutes and per clock hour, and quotas. */
export const aggregation: Aggregation = {
  domain: antenna.name,
  createTopologies: parts => [createBytesTopology(parts), createUsageTopology(parts), createQuotaTopology(parts)],
}
