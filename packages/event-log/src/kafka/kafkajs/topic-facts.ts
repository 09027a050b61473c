import kafkajs, { type ConfigEntries, type DescribeConfigResponse } from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Broker } from 'kafkajs/src/cluster/index.js'
import { isPassing } from '../kafka-errors.ts'

/** What one broker knows of a topic. */
export interface FoundTopic {
  readonly partitions: number
  /** How many of them have a leader. */
  readonly leaders: number
  readonly replicas: number
  readonly config: ReadonlyMap<string, ConfigEntries>
}

export type FoundTopics = ReadonlyMap<string, FoundTopic>

/** What every live broker of the cluster knows of these topics: they hear of a change one after the other. */
export async function describeEverywhere(cluster: Cluster, names: readonly string[]): Promise<readonly FoundTopics[]> {
  await cluster.refreshMetadata()
  const { brokers } = await (await cluster.findControllerBroker()).metadata([])
  return Promise.all(
    brokers.map(async ({ nodeId }) => describeAt(await cluster.findBroker({ nodeId: String(nodeId) }), names)),
  )
}

async function describeAt(broker: Broker, names: readonly string[]): Promise<FoundTopics> {
  const found = new Map<string, FoundTopic>()
  const present = (await Promise.all(names.map(name => lookUp(broker, name)))).filter(topic => topic !== undefined)
  if (present.length === 0) return found
  const { resources } = await broker.describeConfigs({
    includeSynonyms: false,
    resources: present.map(({ topic }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic })),
  })
  for (const { topic, partitionMetadata } of present) found.set(topic, foundTopic(topic, partitionMetadata, resources))
  return found
}

/** Puts the answers about one topic together. */
export function foundTopic(
  topic: string,
  partitions: readonly { readonly leader: number; readonly replicas: readonly number[] }[],
  resources: DescribeConfigResponse['resources'],
): FoundTopic {
  const entries = resources.find(resource => resource.resourceName === topic)?.configEntries ?? []
  return {
    partitions: partitions.length,
    leaders: partitions.filter(({ leader }) => leader >= 0).length,
    replicas: partitions[0]?.replicas.length ?? 1,
    config: new Map(entries.map(entry => [entry.configName, entry])),
  }
}

/** Asked one by one: an answer about several is an error where one of them is unknown. */
async function lookUp(broker: Broker, name: string) {
  try {
    return (await broker.metadata([name])).topicMetadata[0]
  } catch (error) {
    if (isPassing(error)) return undefined
    throw error
  }
}
