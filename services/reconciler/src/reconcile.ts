import path from 'node:path'
import { failedEvent, topicContract, topicNames } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import type { LedgerSizes } from './ledger.ts'
import { createPayloadDigest } from './payload-digest.ts'
import type { ReconcileReport, TopicReport } from './report.ts'
import { type LakeReader, TopicCheck } from './topic-check.ts'

/** Per topic and partition the offset at which a comparison ends. */
export type LogCut = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface ReconcileOptions {
  readonly log: EventLog
  readonly lake: LakeReader
  readonly mart: Mart
  /** Folder of ids that senders know to be acknowledged: `<ledger>/<topic>/*.ids`, one id per line. */
  readonly ledger?: string
  /** How much of the ledger's files counts; all of it where left out. */
  readonly ledgerSizes?: LedgerSizes
  /** Where the comparison ends, for a log that moves on; where left out, at the end of the log. */
  readonly cut?: LogCut
  /** Folder for intermediate files; what is there is replaced, and removed at the end. */
  readonly workDirectory: string
  readonly onProgress?: (line: string) => void
}

/**
 * Proves that nothing disappeared: acknowledged ids are in the log, the lake equals the log record for record, and every id of
 * the log is in its mart tables or among the failed events. Memory is bounded by the largest archived range and 1/256 of a topic's ids.
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const digest = createPayloadDigest(path.join(options.workDirectory, 'digest'))
  const examples: string[] = []
  const checks = new Map<string, TopicCheck>()
  for (const contract of topicNames.map(topicContract))
    if (contract.name !== 'failed-events')
      checks.set(contract.name, new TopicCheck(contract, options, digest, examples))
  const refused = await readFailures(options.log, checks)
  const reports: Record<string, TopicReport> = {}
  for (const [name, check] of checks) reports[name] = await check.run()
  const ok = Object.values(reports).every(
    ({ missing, duplicate, unexpected }) => missing + duplicate + unexpected === 0,
  )
  return { topics: reports, refused, digest: await digest.finish(), examples, ok }
}

/** Gives every failed event to the check of its topic; answers how many were refusals of the gateway. */
async function readFailures(log: EventLog, checks: ReadonlyMap<string, TopicCheck>): Promise<number> {
  let refused = 0
  for (const { partition, earliest, end } of await log.range('failed-events'))
    for await (const records of log.read('failed-events', partition, earliest, end))
      for (const record of records) {
        const failed = failedEvent.parse(JSON.parse(record.value.toString('utf8')))
        if (failed.stage === 'ingest') refused++
        else if (failed.topic !== null) await checks.get(failed.topic)?.addFailed(failed)
      }
  return refused
}
