import { makerOf } from '@millrace/contracts'
import type { Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { ad } from '../contract.ts'
import { ActivityProcessor } from './activity-processor.ts'

const { raw, activity } = ad.topics

/** ad.raw → ad.activity: what each event counts for, clicks by the rule of 60 s. */
export const createActivityTopology = (parts: TopologyParts): Topology => ({
  name: makerOf(activity),
  topics: [raw],
  outputs: [activity],
  createProcessor: () => new ActivityProcessor(parts),
})
