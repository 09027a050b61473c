import type { Catalog } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import type { Clock } from '@millrace/runtime'
import { ConservationWatch } from './conservation-watch.ts'
import { Erasures } from './erasures.ts'
import { HopProgress } from './hop-progress.ts'
import { FailedIndex } from './hops/failed-index.ts'
import type { Comparison, HopCheck } from './hops/hop.ts'
import { hopsOf } from './hops/hops-of.ts'
import type { ReconcilerMetrics } from './reconciler-metrics.ts'

export interface ComparerOptions {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock: Clock
  readonly metrics: ReconcilerMetrics
  /** Local folder for one fetched file at a time; it must exist. */
  readonly workDirectory: string
  /** Records of earlier comparisons that are read again in a round. */
  readonly auditRecords: number
  /** Called with differences in records that retention has removed. */
  readonly onExpired?: (topic: string, comparisons: readonly Comparison[]) => void
}

export interface RoundResult {
  readonly missing: number
  readonly duplicate: number
  readonly unexpected: number
  /** Events that aggregates lack or have more than once, as far as that is known. */
  readonly unbalanced: number
  /** Sentences about some of what is wrong now. */
  readonly examples: readonly string[]
}

interface Bounds {
  readonly earliest: number
  readonly end: number
  /** The committed offset of the hop's consumer group: every record below it has to be there. */
  readonly cut: number
}

const MOST_EXAMPLES = 20

/**
 * Compares log, lake and mart in rounds while records arrive. A round reads what is new since the last one, what differed then,
 * and a bounded part of everything else, so that its cost does not grow with what is stored.
 */
export class Comparer {
  readonly #options: ComparerOptions
  readonly #failed: FailedIndex
  readonly #erasures: Erasures
  readonly #checks: readonly HopCheck[]
  readonly #conservation: ConservationWatch
  readonly #progress = new Map<string, HopProgress>()
  /** The index of the progress with which the next audit begins. */
  #turn = 0

  constructor(options: ComparerOptions) {
    this.#options = options
    this.#failed = new FailedIndex(options.log)
    this.#erasures = new Erasures(options.lake)
    const parts = { ...options, failed: this.#failed, erasures: this.#erasures, directory: options.workDirectory }
    this.#checks = options.catalog.topics.flatMap(topic => hopsOf(topic, parts))
    this.#conservation = new ConservationWatch(parts)
  }

  /** Compares up to the committed offsets of the sinks. Throws what a store throws; the next round continues where this one ended. */
  async round(signal: AbortSignal): Promise<RoundResult> {
    const { clock, metrics } = this.#options
    const startedMs = clock.now()
    const bounds = await this.#takeBounds()
    // A record is in failed-events before its offset is committed, so the failures of everything below the cut are there.
    await this.#failed.update()
    await this.#erasures.update()
    metrics.erasures(this.#erasures.counts)
    try {
      for (const [progress, bound] of bounds) await this.#compareNew(progress, bound, signal)
      await this.#audit(bounds, signal)
      await this.#conservation.compare(signal)
    } finally {
      metrics.show([...bounds.keys()])
    }
    metrics.roundDone((clock.now() - startedMs) / 1000)
    return this.#result([...bounds.keys()])
  }

  /** The offsets to compare, for each partition of each hop. */
  async #takeBounds(): Promise<Map<HopProgress, Bounds>> {
    const { log, metrics } = this.#options
    const bounds = new Map<HopProgress, Bounds>()
    for (const check of this.#checks) {
      // Throws at once where a topic does not exist yet.
      const ranges = await log.range(check.topic)
      const committed = await log.committed(check.group, check.topic)
      for (const { partition, earliest, end } of ranges) {
        const key = `${check.topic}/${check.target}/${partition}`
        const progress = this.#progress.get(key) ?? new HopProgress(check, partition)
        this.#progress.set(key, progress)
        const cut = Math.max(earliest, Math.min(end, committed.get(partition)?.offset ?? 0))
        if (progress.next === null) {
          progress.next = cut
          progress.auditAt = (await check.oldest?.(partition, earliest)) ?? earliest
        }
        bounds.set(progress, { earliest, end, cut })
        metrics.notCompared(check, partition, end - Math.min(progress.next, end))
      }
    }
    return bounds
  }

  async #step(progress: HopProgress, range: { from: number; to: number; earliest: number }): Promise<Comparison> {
    const { check, partition } = progress
    const comparison = await check.compare(partition, range)
    progress.apply(comparison)
    this.#options.metrics.read(check.topic, comparison.cost)
    return comparison
  }

  async #compareNew(progress: HopProgress, { earliest, end, cut }: Bounds, signal: AbortSignal): Promise<void> {
    const { metrics } = this.#options
    const { check, partition } = progress
    let next = progress.next ?? cut
    if (next < earliest && check.oldest === undefined) {
      metrics.expired(check, earliest - next)
      next = earliest
    }
    while (next < cut) {
      signal.throwIfAborted()
      const comparison = await this.#step(progress, { from: next, to: cut, earliest })
      if (comparison.to === next) break
      metrics.compared(check, comparison)
      next = comparison.to
      progress.next = next
    }
    progress.next = next
    metrics.notCompared(check, partition, Math.max(0, end - next))
  }

  /** Compares the ranges with differences again, then continues the pass over everything, within the budget. */
  async #audit(bounds: ReadonlyMap<HopProgress, Bounds>, signal: AbortSignal): Promise<void> {
    const { auditRecords, metrics, onExpired } = this.#options
    let left = auditRecords
    for (const [progress, { earliest }] of bounds) {
      if (progress.check.oldest === undefined) {
        const gone = progress.forgetBefore(earliest)
        if (gone.length > 0) onExpired?.(progress.check.topic, gone)
      }
      for (const { from } of progress.wrong) {
        if (left <= 0) break
        signal.throwIfAborted()
        const start = progress.check.oldest === undefined ? Math.max(from, earliest) : from
        left -= (await this.#step(progress, { from: start, to: progress.next!, earliest })).cost
      }
    }
    const all = [...bounds]
    let finished = all.filter(([{ isAudited }]) => isAudited).length
    for (let idle = 0; left > 0 && finished < all.length && idle < all.length; this.#turn++) {
      const [progress, { earliest }] = all[this.#turn % all.length]!
      idle++
      if (progress.isAudited) continue
      signal.throwIfAborted()
      const { check, partition } = progress
      const oldest = check.oldest === undefined ? earliest : 0
      const from = Math.max(progress.auditAt, oldest)
      const comparison =
        from < progress.next! ? await this.#step(progress, { from, to: progress.next!, earliest }) : null
      if (comparison === null || comparison.to === from) {
        progress.endAudit((await check.oldest?.(partition, earliest)) ?? earliest)
        finished++
      } else {
        progress.auditAt = comparison.to
        left -= Math.max(1, comparison.cost)
      }
      idle = 0
    }
    if (finished < all.length) return
    for (const [progress] of all) progress.isAudited = false
    metrics.passDone()
  }

  #result(all: readonly HopProgress[]): RoundResult {
    const totals = { missing: 0, duplicate: 0, unexpected: 0 }
    const examples: string[] = []
    for (const progress of all) {
      const { missing, duplicate, unexpected } = progress.difference
      totals.missing += missing
      totals.duplicate += duplicate
      totals.unexpected += unexpected
      for (const { examples: some } of progress.wrong)
        for (const example of some) if (examples.length < MOST_EXAMPLES) examples.push(example)
    }
    const { unbalanced, sentences } = this.#conservation
    examples.push(...sentences.slice(0, MOST_EXAMPLES - examples.length))
    return { ...totals, unbalanced, examples }
  }
}
