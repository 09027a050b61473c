import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { type Catalog, failedEventsTopic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import { type Clock, makeDirectory } from '@millrace/runtime'
import { isWrong } from './hops/hop.ts'
import type { LedgerSizes } from './ledger.ts'
import type { LogCut } from './log-cut.ts'
import { Reconciliation } from './reconciliation.ts'
import type { ReconcileReport, TopicReport } from './report.ts'

export interface ReconcileOptions {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock: Clock
  /** Folder of ids that senders know to be acknowledged: `<ledger>/<topic>/*.ids`, one id per line. */
  readonly ledger?: string
  /** How much of the ledger's files counts; all of it where left out. */
  readonly ledgerSizes?: LedgerSizes
  /** Where the comparison ends, for a log that moves on; where left out, at the end of the log. */
  readonly cut?: LogCut
  /** Folder for intermediate files; those are removed at the end. */
  readonly workDirectory: string
  readonly onProgress?: (line: string) => void
}

/**
 * Compares everything once: acknowledged ids with the log, each topic with its hops from the first offset to the last, and
 * tables of aggregates with the events that they count. Memory is bounded by the largest archived range, 1/256 of a topic's ids
 * and the positions of two million failed events.
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { catalog, workDirectory, onProgress } = options
  const topics = catalog.topics.filter(topic => topic !== failedEventsTopic)
  await makeDirectory(workDirectory)
  const files = await mkdtemp(path.join(workDirectory, 'reconcile-'))
  try {
    const run = new Reconciliation(options, files)
    await run.erasures.update()
    await run.takeRanges(topics)
    const refused = await run.readFailures()
    for (const topic of topics) {
      await run.readLedger(topic)
      await run.readLog(topic)
      await run.compareHops(topic)
      onProgress?.(`${topic.name}: compared`)
    }
    for (const table of catalog.tables) await run.findDuplicateRows(table)
    const reports: Record<string, TopicReport> = {}
    for (const topic of topics) reports[topic.name] = await run.reportOf(topic)
    const conservation = await run.conserve()
    const { all, bySet } = await run.digests()
    const examples = run.examples
    const ok =
      run.rememberedAll() &&
      !Object.values(reports).some(isWrong) &&
      Object.values(conservation).every(({ difference }) => !difference)
    const erasures = run.erasures.counts
    return { topics: reports, conservation, refused, erasures, digest: all, digests: bySet, examples, ok }
  } finally {
    await rm(files, { recursive: true, force: true })
  }
}
