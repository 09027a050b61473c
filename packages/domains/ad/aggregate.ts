import type { Aggregation } from '../facets.ts'
import { createActivityTopology } from './aggregate/activity.ts'
import { createCampaignTotalsTopology, createMinutesTopology, createUserTotalsTopology } from './aggregate/sums.ts'
import { createUnknownCampaignsTopology } from './aggregate/unknown-campaigns.ts'
import { ad } from './contract.ts'

/** What events count for, sums per minute, totals per campaign and viewer, and campaigns that nobody knows. */
export const aggregation: Aggregation = {
  domain: ad.name,
  createTopologies: parts => [
    createActivityTopology(parts),
    createMinutesTopology(parts),
    createCampaignTotalsTopology(parts),
    createUserTotalsTopology(parts),
    createUnknownCampaignsTopology(parts),
  ],
}
