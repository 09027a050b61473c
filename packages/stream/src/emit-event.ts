import type { Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { z } from 'zod'
import type { Emit } from './topology.ts'

/**
 * An output record: the event's JSON under the partition key of its topic.
 * @param source the record that the event was made from, if it was made from one
 * @throws when the event has no key: nothing is ever sent without one
 */
export function emitEvent<S extends z.ZodObject>(topic: Topic<S>, event: z.infer<S>, source?: LogRecord): Emit {
  const key = topic.keyOf(event)
  if (key === '') throw new Error(`An event for ${topic.name} needs a key (${topic.keyText}), got none.`)
  const emit = { topic: topic.name, key: Buffer.from(key), value: Buffer.from(JSON.stringify(event)) }
  return source ? { ...emit, source } : emit
}
