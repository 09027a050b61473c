import kafkajs, { type DescribeConfigResponse } from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Broker } from 'kafkajs/src/cluster/index.js'
import type { FoundTopic, FoundTopics } from '../client-library.ts'
import { isPassing } from '../kafka-errors.ts'
import { clientError } from './client-errors.ts'

/** Where Kafka says that a value was set for the topic itself. */
const SET_ON_TOPIC = 1

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
    config: new Map(
      entries.map(({ configName, configValue, configSource }) => [
        configName,
        { value: configValue, isOwn: (configSource as number) === SET_ON_TOPIC },
      ]),
    ),
  }
}

/** Asked one by one: an answer about several is an error where one of them is unknown. */
async function lookUp(broker: Broker, name: string) {
  try {
    return (await broker.metadata([name])).topicMetadata[0]
  } catch (error) {
    if (isPassing(clientError(error))) return undefined
    throw error
  }
}
