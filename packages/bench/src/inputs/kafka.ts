import { randomUUID } from 'node:crypto'
import {
  createKafkaEventLog,
  type EventLog,
  type KafkaClientName,
  kafkaClients,
  type LogProducer,
  type OutgoingRecord,
  type TopicSpec,
} from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import type { StackAddresses } from '@millrace/testing'
import kafkajs, { type Kafka } from 'kafkajs'
import { eachOf, inBatches } from './batches.ts'

export const PARTITIONS = 6

const brokersOf = ({ kafka }: StackAddresses): readonly string[] => {
  if (!kafka) throw new Error('This row needs Kafka, which is not there.')
  return kafka.brokers
}

/** Which client library the event log uses: as for every service, by this variable, else its own choice. */
const clientChoice = ((): { readonly client?: KafkaClientName } => {
  const client = process.env.MILLRACE_KAFKA_CLIENT
  if (client === undefined) return {}
  if (!(kafkaClients as readonly string[]).includes(client))
    throw new Error(`MILLRACE_KAFKA_CLIENT: expected ${kafkaClients.join(' or ')}, got ${JSON.stringify(client)}.`)
  return { client: client as KafkaClientName }
})()

/** The same choice as variables of a service. */
export const clientVariables: Readonly<Record<string, string>> = clientChoice.client
  ? { MILLRACE_KAFKA_CLIENT: clientChoice.client }
  : {}

export const openLog = (addresses: StackAddresses): EventLog =>
  createKafkaEventLog({
    brokers: brokersOf(addresses),
    clientId: 'bench',
    clock: systemClock,
    logger: createLogger('bench', { level: 'silent' }),
    ...clientChoice,
  })

/** kafkajs as its documentation has it. */
export const openKafkajs = (addresses: StackAddresses): Kafka =>
  new kafkajs.Kafka({ brokers: [...brokersOf(addresses)], clientId: 'bench', logLevel: kafkajs.logLevel.NOTHING })

export const topicSpec = (name: string, partitions = PARTITIONS): TopicSpec => ({
  name,
  partitions,
  retentionMs: 24 * 3_600_000,
  cleanup: 'delete',
  maxMessageBytes: 1 << 20,
})

/** Makes a topic of a name that nobody has. */
export async function newTopic(addresses: StackAddresses, name: string, partitions = PARTITIONS): Promise<string> {
  const topic = `bench-${name}-${randomUUID().slice(0, 8)}`
  const log = openLog(addresses)
  await log.ensureTopics([topicSpec(topic, partitions)])
  await log.close()
  return topic
}

/** @throws what kept a record from being stored */
export async function append(producer: LogProducer, topic: string, batch: readonly OutgoingRecord[]): Promise<void> {
  for (const result of await producer.append(topic, batch, { deadlineMs: 60_000 })) if (!result.ok) throw result.error
}

/** @throws what kept a record from being stored */
export async function store(log: EventLog, topic: string, records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await log.producer({ clientId: 'bench' })
  await eachOf(inBatches(records, 1_000), 8, batch => append(producer, topic, batch))
  await producer.close()
}
