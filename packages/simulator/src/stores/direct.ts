import { type EventLog, type LogRecord, logError } from '@millrace/event-log'
import { ClientError } from '@millrace/event-log/kafka-client'
import { createWebHdfsLake, type Lake } from '@millrace/lake'
import type { Loop } from '../loop.ts'
import type { Network } from '../network.ts'
import type { ServiceProcess } from '../service-process.ts'
import { createLakeClients } from './lake-client.ts'
import type { LakeServer } from './lake-server.ts'
import type { LogCluster } from './log-cluster.ts'

const BATCH = 1_000

/** A network without ways: what is asked is done at once. */
const noNetwork: Pick<Network, 'call'> = {
  call: async ({ work }) => work(),
}

const refuse = (): never => {
  throw new Error('A judge only reads.')
}

/** The log as a judge reads it. */
export function readLog(cluster: LogCluster): EventLog {
  const partitionOf = (topic: string, partition: number) => {
    try {
      return cluster.partition({ topic, partition })
    } catch (error) {
      if (error instanceof ClientError) throw logError('unknown_topic', { topic })
      throw error
    }
  }
  return {
    async range(topic) {
      partitionOf(topic, 0)
      return cluster.ranges(topic)
    },
    async *read(topic, partition, from, to): AsyncGenerator<readonly LogRecord[]> {
      const { stored, earliest, end } = partitionOf(topic, partition)
      for (let next = Math.max(from, earliest); next < Math.min(to, end); next += BATCH)
        yield stored.slice(next, Math.min(to, next + BATCH)).map(({ record }) => record)
    },
    async committed(group, topic) {
      return cluster.group(group).committedOf(topic)
    },
    ensureTopics: async () => refuse(),
    producer: async () => refuse(),
    consumer: async () => refuse(),
    async ping() {},
    async close() {},
  }
}

/** The lake as a judge reads it. */
export const readLake = (server: LakeServer, parts: { readonly loop: Loop; readonly process: ServiceProcess }): Lake =>
  createWebHdfsLake(
    {
      nameNodes: ['http://namenode:9870'],
      root: '/lake',
      user: 'judge',
      clock: parts.process.clock,
      newId: () => parts.process.random.uuid(),
    },
    () => createLakeClients({ server, network: noNetwork, ...parts }),
  )
