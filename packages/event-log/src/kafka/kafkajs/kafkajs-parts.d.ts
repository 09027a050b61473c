/* The parts of kafkajs 2.2.4 beneath its public clients that the adapter uses; the package declares no types for them. */

declare module 'kafkajs/src/cluster/index.js' {
  import type { DescribeConfigResponse, KafkaConfig, Logger, ResourceConfigQuery } from 'kafkajs'

  interface FetchRequest {
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly isolationLevel: number
    readonly rackId: string
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly fetchOffset: string
        readonly maxBytes: number
      }[]
    }[]
  }

  export interface FetchedPartition {
    readonly partition: number
    readonly highWatermark: string
  }

  export interface Broker {
    /** What this broker knows; throws where it does not know one of the topics. */
    metadata(topics: readonly string[]): Promise<{
      readonly brokers: readonly { readonly nodeId: number }[]
      readonly topicMetadata: readonly {
        readonly topic: string
        readonly partitionMetadata: readonly { readonly leader: number; readonly replicas: readonly number[] }[]
      }[]
    }>
    describeConfigs(request: {
      readonly resources: readonly ResourceConfigQuery[]
      readonly includeSynonyms: boolean
    }): Promise<DescribeConfigResponse>
    fetch(
      request: FetchRequest,
    ): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>
  }

  export default class Cluster {
    constructor(
      options: Omit<KafkaConfig, 'logCreator' | 'logLevel' | 'socketFactory'> & {
        readonly logger: Logger
        readonly socketFactory: unknown
        readonly metadataMaxAge: number
        readonly allowAutoTopicCreation: boolean
        readonly isolationLevel: number
      },
    )
    connect(): Promise<void>
    disconnect(): Promise<void>
    addTargetTopic(topic: string): Promise<void>
    refreshMetadataIfNecessary(): Promise<void>
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
    refreshMetadata(): Promise<void>
    findBroker(node: { readonly nodeId: string }): Promise<Broker>
    findControllerBroker(): Promise<Broker>
  }
}

declare module 'kafkajs/src/consumer/batch.js' {
  import type { KafkaMessage } from 'kafkajs'
  import type { FetchedPartition } from 'kafkajs/src/cluster/index.js'

  export default class Batch {
    constructor(topic: string, fetchedOffset: string, partition: FetchedPartition)
    readonly messages: readonly KafkaMessage[]
    readonly rawMessages: readonly KafkaMessage[]
    lastOffset(): string
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'

  export default function createSocketFactory(): ISocketFactory
}
