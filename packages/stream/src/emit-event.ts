import { type TopicName, topicContract } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { Emit } from './topology.ts'

/**
 * An output record: the event's JSON under the partition key of its topic's contract.
 * @param source the record that the event was made from, if it was made from one
 * @throws when the event has no text in the key field: nothing is ever sent without a key
 */
export function emitEvent(topic: TopicName, event: object, source?: LogRecord): Emit {
  const field = topicContract(topic).key
  const key = (event as Readonly<Record<string, unknown>>)[field]
  if (typeof key !== 'string' || key === '')
    throw new Error(`An event for ${topic} needs a text in its key field "${field}", got ${JSON.stringify(key)}.`)
  const emit = { topic, key: Buffer.from(key), value: Buffer.from(JSON.stringify(event)) }
  return source ? { ...emit, source } : emit
}
