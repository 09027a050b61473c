import { type Catalog, failedEventsTopic, groupOf, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import { type Clock, CodedError } from '@millrace/runtime'
import { sizesOfLedger } from './ledger.ts'
import { type LogCut, reconcile } from './reconcile.ts'
import type { ReconcileReport } from './report.ts'

const POLL_MS = 1_000

export interface ReconcileOnceOptions {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock: Clock
  readonly ledger?: string
  /** Local folder for intermediate files; it must exist. */
  readonly workDirectory: string
  /** How long the consumers may take to come to where the log is now. */
  readonly deadlineMs: number
  /** Told what is waited for, once per change. */
  readonly onWait: (reason: string) => void
}

/**
 * Compares everything that is in the log now with lake, mart and ledger, while the platform may move on: it waits until every
 * consumer has come to where the log is now, and leaves out what came later.
 * @throws an error that names who is behind when that takes longer than the deadline
 */
export async function reconcileOnce(options: ReconcileOnceOptions): Promise<ReconcileReport> {
  const { catalog, log, lake, mart, clock, ledger, workDirectory } = options
  // What is acknowledged now is in the log now; so the ledger is looked at first.
  const ledgerSizes = ledger === undefined ? undefined : await sizesOfLedger(ledger)
  const cut = await drawCut(options)
  return reconcile({
    catalog,
    log,
    lake,
    mart,
    clock,
    workDirectory,
    cut,
    ...(ledger === undefined ? {} : { ledger }),
    ...(ledgerSizes === undefined ? {} : { ledgerSizes }),
  })
}

/** Consumer groups that have to come to the end of a topic. */
const groupsOf = ({ name, domain, lake }: Topic, catalog: Catalog): string[] => [
  ...(lake ? [groupOf('lake-archiver', domain)] : []),
  ...(catalog.mappingsOf(name).length > 0 ? [groupOf('mart-writer', domain)] : []),
  ...new Set(
    catalog
      .derivedOf(name)
      .filter(({ derivedFrom }) => derivedFrom?.relation === 'each')
      .map(({ derivedFrom }) => groupOf(derivedFrom!.by, domain)),
  ),
]

/** Ends of all topics that belong together: those of derived topics hold everything that was made from what is below the ends of their sources. */
async function drawCut({ catalog, log, clock, deadlineMs, onWait }: ReconcileOnceOptions): Promise<LogCut> {
  const untilMs = clock.now() + deadlineMs
  const cut = new Map<string, ReadonlyMap<number, number>>()
  let said = ''

  /** Repeats a question until its answer is not a reason to wait. */
  async function until<T>(ask: () => Promise<{ readonly value: T } | { readonly behind: string }>): Promise<T> {
    for (;;) {
      let behind: string
      try {
        const answer = await ask()
        if ('value' in answer) return answer.value
        behind = answer.behind
      } catch (error) {
        if (!(error instanceof CodedError && (error.retryable || error.code === 'unknown_topic'))) throw error
        behind = error.message
      }
      if (clock.now() >= untilMs) throw new Error(`Gave up after ${Math.round(deadlineMs / 1000)} s: ${behind}`)
      if (behind !== said) onWait(behind)
      said = behind
      await clock.sleep(POLL_MS)
    }
  }

  async function behind(contract: Topic): Promise<string[]> {
    const { name: topic } = contract
    const late: string[] = []
    const ranges = await log.range(topic)
    for (const group of groupsOf(contract, catalog)) {
      const committed = await log.committed(group, topic)
      const lag = ranges.reduce((sum, { partition, earliest }) => {
        const end = cut.get(topic)?.get(partition) ?? 0
        return sum + Math.max(0, end - Math.max(earliest, committed.get(partition)?.offset ?? 0))
      }, 0)
      if (lag > 0) late.push(`${group} is ${lag} records behind on ${topic}`)
    }
    return late
  }

  const all = catalog.topics.filter(topic => topic !== failedEventsTopic)
  const sources = all.filter(({ derivedFrom }) => derivedFrom === null)
  const derived = all.filter(({ derivedFrom }) => derivedFrom !== null)
  for (const topics of [sources, derived]) {
    for (const topic of topics)
      cut.set(
        topic.name,
        await until(async () => ({
          value: new Map((await log.range(topic.name)).map(({ partition, end }) => [partition, end])),
        })),
      )
    await until(async () => {
      const late = (await Promise.all(topics.map(behind))).flat()
      return late.length === 0 ? { value: null } : { behind: late.join('; ') }
    })
  }
  return cut
}
