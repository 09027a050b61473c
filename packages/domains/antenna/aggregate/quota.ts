import { makerOf } from '@millrace/contracts'
import { ReferenceTable, type Topology } from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { antenna } from '../contract.ts'
import { QuotaProcessor } from './quota-processor.ts'

const { raw, users, breaches, overQuota, unknownDevices } = antenna.topics

/**
 * antenna.raw, joined with antenna.users → antenna.quota-breaches: once per device and clock hour, with the event at which the usage
 * exceeded the quota; antenna.over-quota: the usage after that event and later ones of the hour; antenna.unknown-devices: devices
 * without a reference record, once per hour.
 */
export function createQuotaTopology(parts: AggregationParts): Topology {
  const table = new ReferenceTable(users, parts.log)
  return {
    name: makerOf(breaches),
    topics: [raw],
    outputs: [breaches, overQuota, unknownDevices],
    createProcessor: () => new QuotaProcessor(table, parts),
  }
}
