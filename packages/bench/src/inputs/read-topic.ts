import type { EventLog } from '@millrace/event-log'

/**
 * Everything that a topic holds, parsed, partition after partition.
 * @param isWanted whether a record is parsed
 */
export async function readTopic(
  log: EventLog,
  topic: string,
  isWanted: (value: Buffer) => boolean = () => true,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const events: Readonly<Record<string, unknown>>[] = []
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, earliest, end))
      for (const { value } of records) if (isWanted(value)) events.push(JSON.parse(value.toString()))
  return events
}
