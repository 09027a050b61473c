import type { EventLog } from '@millrace/event-log'
import { waitUntil } from '@millrace/testing'

const DEADLINE_MS = 120_000

/** Waits until a topic holds so many records, of which none is a marker of a transaction. */
export async function waitForRecords(log: EventLog, topic: string, records: number): Promise<void> {
  await waitUntil(
    async () => (await log.range(topic)).reduce((sum, { earliest, end }) => sum + end - earliest, 0) >= records,
    { deadlineMs: DEADLINE_MS, what: `${records} records in ${topic}` },
  )
}
