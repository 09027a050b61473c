import { isPlausibleEventTime, type Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { emitEvent } from '../emit-event.ts'
import { failedRecord } from '../failed-records.ts'
import { advance, NO_PROGRESS, type Progress } from '../progress.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from '../topology.ts'
import { encodeRestartState, restartFrom } from '../windows/restart-state.ts'
import { createSourceReader } from '../windows/source-event.ts'
import { RankedList } from './ranked-list.ts'
import type { RankingOptions } from './ranking.ts'

interface ListsOfWindow {
  readonly startMs: number
  /** Offset of the first record of the window. */
  readonly since: number
  readonly lists: Map<string, RankedList>
  /** Newest time of sending of a record of the window, ms. */
  touchedMs: number
}

type Options<Source extends Topic, Results extends Topic, Score extends string> = RankingOptions<
  Source,
  Results,
  Score
> & { readonly idleAfterMs: number }

const MINUTE_MS = 60_000
const NEVER = Number.NEGATIVE_INFINITY

/**
 * The lists of one partition of results. What is published is a function of the partition's log: a restart reads from the first
 * record of the oldest open window, and a rank has the same revision and content whenever it is published.
 */
export class RankingProcessor<Source extends Topic, Results extends Topic, Score extends string>
  implements PartitionProcessor
{
  readonly #options: Options<Source, Results, Score>
  readonly #read
  readonly #scores: readonly Score[]
  readonly #windows = new Map<number, ListsOfWindow>()
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: '', partition: 0 }
  #publishFrom = 0
  #progress: Progress = NO_PROGRESS
  #newestWindowMs = NEVER
  /** Windows up to this one are closed, or lack records that retention took: what was published of them stays. */
  #closedUpToMs = NEVER
  /** Lists with ranks that are to be published. */
  readonly #changed = new Set<RankedList>()
  #members = 0
  #counts = { late: 0, implausible: 0 }
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(options: Options<Source, Results, Score>) {
    this.#options = options
    this.#read = createSourceReader(options.source)
    this.#scores = Object.keys(options.scores) as Score[]
  }

  async open(assignment: Assignment) {
    const { topic, partition } = assignment
    const { readFrom, publishFrom, state, lostUpToMs } = restartFrom(assignment)
    this.#assignment = { topic, partition }
    this.#publishFrom = publishFrom
    this.#progress = state.progress
    this.#newestWindowMs = state.newestWindowMs
    this.#closedUpToMs = lostUpToMs
    if (readFrom > state.stateFrom)
      this.#options.logger?.warn({ topic, partition, ...state, readFrom }, 'ranking_state_lost_to_retention')
    return { readFrom, publishFrom }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    this.#emits = []
    this.#failed = []
    this.#counts = { late: 0, implausible: 0 }
    for (const record of records) this.#take(record)
    for (const list of this.#changed) this.#publish(list)
    this.#changed.clear()
    const done = records.at(-1)!.offset + 1
    return { emits: this.#emits, failed: this.#failed, done, metadata: this.#restartText(done) }
  }

  #take(record: LogRecord): void {
    const { offset, timestampMs: sentMs } = record
    const isPublished = offset >= this.#publishFrom
    const decoded = this.#read(record)
    if (decoded.kind !== 'ok') {
      if (decoded.kind === 'dead-letter' && isPublished) this.#failed.push(failedRecord(record, decoded))
      return
    }
    const { event, timeMs } = decoded.value
    const before = this.#progress
    this.#progress = advance(before, timeMs, sentMs)
    if (Math.floor(this.#progress.sentMs / MINUTE_MS) > Math.floor(before.sentMs / MINUTE_MS)) this.#close()
    const isPlausible = isPlausibleEventTime(timeMs, sentMs)
    if (!isPlausible || timeMs <= this.#closedUpToMs) {
      if (isPublished) this.#counts[isPlausible ? 'late' : 'implausible']++
      return
    }
    const { source, scores, memberOf } = this.#options
    const list = this.#list(timeMs, source.keyOf(event), { offset, sentMs })
    const { revision } = event as unknown as { readonly revision: number }
    const membersBefore = list.size
    const hasChanged = list.update(
      { member: memberOf(event), revision },
      this.#scores.map(score => scores[score](event)),
      isPublished ? offset + 1 : null,
    )
    if (hasChanged) this.#changed.add(list)
    this.#members += list.size - membersBefore
  }

  #list(
    startMs: number,
    name: string,
    { offset, sentMs }: { readonly offset: number; readonly sentMs: number },
  ): RankedList {
    let window = this.#windows.get(startMs)
    if (!window) {
      window = { startMs, since: offset, lists: new Map(), touchedMs: sentMs }
      this.#windows.set(startMs, window)
      this.#newestWindowMs = Math.max(this.#newestWindowMs, startMs)
    }
    window.touchedMs = Math.max(window.touchedMs, sentMs)
    const known = window.lists.get(name)
    if (known) return known
    const list = new RankedList({ windowMs: startMs, name }, { scores: this.#scores.length, top: this.#options.top })
    window.lists.set(name, list)
    return list
  }

  #publish(list: RankedList): void {
    const { results, toEvent } = this.#options
    const { windowMs, name } = list
    for (const { score, rank, entry, revision } of list.takeChanged()) {
      const kind = this.#scores[score]!
      const member = entry?.member ?? null
      const event = toEvent({ windowMs, list: name, kind, rank, member, score: entry?.score ?? 0, revision })
      this.#emits.push(emitEvent(results, event))
    }
  }

  /** Closes the oldest windows, in order, as far as they are old enough and nothing has come for them for a while. */
  #close(): void {
    const { keepMs, idleAfterMs } = this.#options
    const { watermarkMs, sentMs } = this.#progress
    for (const startMs of [...this.#windows.keys()].sort((a, b) => a - b)) {
      const window = this.#windows.get(startMs)!
      if (startMs + keepMs > watermarkMs || sentMs - window.touchedMs <= idleAfterMs) return
      this.#windows.delete(startMs)
      for (const { size } of window.lists.values()) this.#members -= size
      this.#closedUpToMs = Math.max(this.#closedUpToMs, startMs)
    }
  }

  #restartText(done: number): string {
    // Windows are in the order of their first records.
    const [oldest] = this.#windows.values()
    const stateFrom = oldest?.since ?? done
    const { metrics } = this.#options
    const { topic, partition } = this.#assignment
    metrics?.late.inc({ topic }, this.#counts.late)
    metrics?.implausibleTimes.inc({ topic }, this.#counts.implausible)
    metrics?.keys.set({ topic, partition }, this.#members)
    metrics?.rewind.set({ topic, partition }, done - stateFrom)
    return encodeRestartState({
      stateFrom,
      progress: this.#progress,
      newestWindowMs: this.#newestWindowMs,
      lostUpToMs: this.#closedUpToMs,
    })
  }
}
