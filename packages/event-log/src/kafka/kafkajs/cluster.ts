import kafkajs from 'kafkajs'
import Cluster from 'kafkajs/src/cluster/index.js'
import type { KafkaSettings } from '../kafka-options.ts'
import { connectionConfig, socketFactoryOf } from './connection-config.ts'

export const READ_COMMITTED = 1

/** The part of kafkajs beneath its clients, connected: for what they do not offer. */
export async function openCluster(settings: KafkaSettings, clientId: string): Promise<Cluster> {
  const config = connectionConfig(settings, clientId)
  const logger = new kafkajs.Kafka(config).logger()
  const socketFactory = socketFactoryOf(settings)
  const more = { metadataMaxAge: 60_000, allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED }
  const cluster = new Cluster({ ...config, logger, socketFactory, ...more })
  await cluster.connect()
  return cluster
}
