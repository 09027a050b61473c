import type { LogReader, LogRecord } from '@millrace/event-log'
import { streamError } from '@millrace/stream'
import { type Behaviour, music } from '../contract.ts'
import { CustomerProfile } from './customer-profile.ts'

const { behaviours } = music.topics

/** @throws `total_unreadable`: a profile that began anew would replace the published one */
function readBehaviour({ topic, partition, offset, value }: LogRecord): Behaviour {
  try {
    return behaviours.schema.parse(JSON.parse(value.toString()))
  } catch (error) {
    throw streamError('total_unreadable', { topic, partition, offset, expected: 'a profile of a customer' }, error)
  }
}

/**
 * The profiles of one partition of the listens by customer, as they were published last.
 * @throws `total_unreadable`, and what the log throws
 */
export async function restoreProfiles(log: LogReader, ofPartition: number): Promise<Map<string, CustomerProfile>> {
  const newest = new Map<string, Behaviour>()
  for (const { partition, earliest, end } of await log.range(behaviours.name))
    for await (const records of log.read(behaviours.name, partition, earliest, end))
      for (const record of records) {
        if (record.value.length === 0) {
          newest.delete(record.key.toString())
          continue
        }
        const published = readBehaviour(record)
        if (published.state.partition !== ofPartition) continue
        const key = String(published.customer_id)
        // A request without another listen leaves the revision as it was.
        if (published.revision >= (newest.get(key)?.revision ?? 0)) newest.set(key, published)
      }
  return new Map([...newest].map(([key, published]) => [key, CustomerProfile.restore(published)]))
}
