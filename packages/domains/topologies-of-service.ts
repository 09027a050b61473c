import { groupOf } from '@millrace/contracts'
import type { Topology } from '@millrace/stream'
import type { Aggregation, AggregationParts } from './facets.ts'

/**
 * The topologies that a service runs for a domain.
 * @throws where two of them have one consumer group, so that each would get only some of the partitions, or a group is not the domain's
 */
export function topologiesOfService(
  service: string,
  { domain, createTopologies }: Aggregation,
  parts: AggregationParts,
): readonly Topology[] {
  const topologies = createTopologies(parts)
  const group = groupOf(service, domain)
  for (const [index, { name }] of topologies.entries()) {
    if (name !== group && !name.startsWith(`${group}.`))
      throw new Error(
        `The ${service} of ${domain} has a topology named "${name}": expected "${group}" or "${group}.<what it makes>".`,
      )
    if (topologies.findIndex(other => other.name === name) !== index)
      throw new Error(
        `The ${service} of ${domain} has two topologies named "${name}": expected a name of its own for each, such as "${group}.<what it makes>".`,
      )
  }
  return topologies
}
