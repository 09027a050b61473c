import { hasRewrittenNumber, type Topic, writeAsIn } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { z } from 'zod'
import type { Emit } from './topology.ts'

/** The JSON of an event that was made from a record: fields that it has from there are written as they are there, every digit of a number. */
const writeFrom = (event: Readonly<Record<string, unknown>>, { value }: LogRecord): string =>
  hasRewrittenNumber(value)
    ? writeAsIn(event, JSON.parse(value.toString()) as Record<string, unknown>, value)
    : JSON.stringify(event)

/**
 * An output record: the event's JSON under the partition key of its topic.
 * @param source the record that the event was made from, if it was made from one
 * @throws when the event has no key: nothing is ever sent without one
 */
export function emitEvent<S extends z.ZodObject>(topic: Topic<S>, event: z.infer<S>, source?: LogRecord): Emit {
  const key = topic.keyOf(event)
  if (key === '') throw new Error(`An event for ${topic.name} needs a key (${topic.keyText}), got none.`)
  const value = Buffer.from(source ? writeFrom(event, source) : JSON.stringify(event))
  const emit = { topic: topic.name, key: Buffer.from(key), value }
  return source ? { ...emit, source } : emit
}
