import { makerOf } from '@millrace/contracts'
import { ReferenceTable, type Topology } from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { music } from '../contract.ts'
import { ModelStore } from './model-store.ts'
import { ProfileProcessor } from './profile-processor.ts'

const { raw, customers, behaviours, predictions, smsRequests } = music.topics

/**
 * music.raw, with music.customers and the model in use → music.behaviour: how each customer listens; music.predictions: who is
 * predicted to click an offer; notifications.sms: one message per customer and campaign day to those who are targets.
 */
export function createProfilesTopology(parts: AggregationParts): Topology {
  const table = new ReferenceTable(customers, parts.log)
  const models = new ModelStore(parts.log)
  return {
    name: makerOf(behaviours),
    topics: [raw],
    outputs: [behaviours, predictions, smsRequests],
    restoredFrom: [behaviours],
    createProcessor: () => new ProfileProcessor(parts, table, models),
  }
}
