import type { Aggregation } from '../facets.ts'
import { createRaidsTopology } from './aggregate/raids.ts'
import { createSuccessTopology } from './aggregate/success.ts'
import { lostark } from './contract.ts'

/** Outcomes of raids, and success rates of bosses and classes. */
export const aggregation: Aggregation = {
  domain: lostark.name,
  createTopologies: parts => [createRaidsTopology(parts), createSuccessTopology(parts)],
}
