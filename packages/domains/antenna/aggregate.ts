import type { Aggregation } from '../facets.ts'
import { createQuotaTopology } from './aggregate/quota.ts'
import { antenna } from './contract.ts'

/** Quotas of devices. */
export const aggregation: Aggregation = {
  domain: antenna.name,
  createTopologies: parts => [createQuotaTopology(parts)],
}
