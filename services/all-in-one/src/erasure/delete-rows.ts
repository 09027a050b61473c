import type { EventLog } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import type { Clock } from '@millrace/runtime'
import type { Findings } from './findings.ts'

const ROWS_AT_ONCE = 500
const APPEND_DEADLINE_MS = 30_000

/** Deletes the rows that were found, and the static columns of the person's partitions. */
export async function deleteRows(findings: Findings, mart: Mart): Promise<void> {
  for (const table of findings.tables) {
    const found = [...(findings.rows.get(table) ?? []), ...findings.staticsOf(table)]
    const { deletes } = findings.deletesOf(table, found)
    for (let at = 0; at < deletes.length; at += ROWS_AT_ONCE)
      await mart.delete(table, deletes.slice(at, at + ROWS_AT_ONCE))
  }
}

/** Removes the person's keys from compacted topics: a record without a value each. */
export async function writeTombstones(findings: Findings, log: EventLog, clock: Clock): Promise<void> {
  if ([...findings.keys.values()].every(keys => keys.size === 0)) return
  const producer = await log.producer({ clientId: 'erase' })
  try {
    for (const [topic, keys] of findings.keys) {
      const records = [...keys.values()].map(key => ({ key, value: Buffer.alloc(0), timestampMs: clock.now() }))
      for (const result of await producer.append(topic.name, records, { deadlineMs: APPEND_DEADLINE_MS }))
        if (!result.ok) throw result.error
    }
  } finally {
    await producer.close()
  }
}
