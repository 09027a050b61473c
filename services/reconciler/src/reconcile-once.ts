import { failedEventsTopic } from '@millrace/contracts'
import { sizesOfLedger } from './ledger.ts'
import { drawLogCut } from './log-cut.ts'
import { type ReconcileOptions, reconcile } from './reconcile.ts'
import type { ReconcileReport } from './report.ts'

export interface ReconcileOnceOptions extends Omit<ReconcileOptions, 'cut' | 'ledgerSizes' | 'onProgress'> {
  /** How long the consumers may take to come to where the log is now. */
  readonly deadlineMs: number
  /** Called with what is waited for, once per change. */
  readonly onWait: (reason: string) => void
}

/**
 * Compares everything that is in the log now with lake, mart and ledger, while the platform may move on: it waits until every
 * consumer has come to where the log is now, and leaves out what came later.
 * @throws an error that names who is behind when that takes longer than the deadline
 */
export async function reconcileOnce(options: ReconcileOnceOptions): Promise<ReconcileReport> {
  const { deadlineMs, onWait, ...stores } = options
  const { catalog, log, clock, ledger } = stores
  // The ledger is read first: what is acknowledged by then is in the log when the cut is drawn.
  const ledgerSizes = ledger === undefined ? undefined : await sizesOfLedger(ledger)
  const cut = await drawLogCut({
    log,
    clock,
    topics: catalog.topics.filter(topic => topic !== failedEventsTopic),
    groupsOf: ({ name }) => catalog.groupsOf(name),
    deadlineMs,
    onWait,
  })
  return reconcile({ ...stores, cut, ...(ledgerSizes === undefined ? {} : { ledgerSizes }) })
}
