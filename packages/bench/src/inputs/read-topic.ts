import type { EventLog } from '@millrace/event-log'

/** Everything that a topic holds, parsed, partition after partition. */
export async function readTopic(log: EventLog, topic: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const events: Readonly<Record<string, unknown>>[] = []
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, earliest, end))
      for (const { value } of records) events.push(JSON.parse(value.toString()))
  return events
}
