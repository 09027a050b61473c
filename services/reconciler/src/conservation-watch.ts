import { type Catalog, type ConservationRule, groupOf, makerOf, personFieldsOf, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import type { Clock } from '@millrace/runtime'
import {
  countedBy,
  distanceBelow,
  isRefused,
  type Lineage,
  lineageOf,
  mostLateCopies,
  ruleName,
} from './conservation.ts'
import type { Erasures } from './erasures.ts'
import { EventCounter } from './event-counter.ts'
import { isEnding, lastGoneMs } from './expiry.ts'
import type { FailedIndex } from './hops/failed-index.ts'
import { drawLogCut, type LogCut, NotCaughtUp } from './log-cut.ts'
import type { ReconcilerMetrics } from './reconciler-metrics.ts'

/** How long the consumers may take to come to the ends that the topics have when a comparison begins. */
const CATCH_UP_MS = 30_000

export interface ConservationWatchOptions {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly mart: Mart
  readonly clock: Clock
  readonly failed: FailedIndex
  readonly erasures: Erasures
  readonly metrics: ReconcilerMetrics
  /** Rows that are read in a round, on average; also the largest topic that is counted from its beginning. */
  readonly auditRecords: number
}

/** What is known of one rule. */
interface Balance {
  readonly source: EventCounter
  readonly late: EventCounter
  /** What the table held where the counters began, by when its rows end, and how many events may be in it that they count as well. */
  readonly base: ReadonlyMap<number, number>
  readonly slack: number
  /** Rows of the table, and how many may be read by now. */
  rows: number
  credit: number
  /** Where the comparison ended. */
  cut: string
  difference: number
}

const total = (ends: Iterable<number>): number => [...ends].reduce((sum, end) => sum + end, 0)
const keyOf = (cut: LogCut): string => JSON.stringify([...cut].map(([topic, ends]) => [topic, ...ends]))

/**
 * Compares tables of aggregates with the events that they count, round by round: what was added to the table with what was added
 * to the topic. It begins with everything where the log has the topic from its first record and that is small, else with what
 * comes from then on.
 */
export class ConservationWatch {
  readonly #options: ConservationWatchOptions
  readonly #rules: readonly { readonly name: string; readonly rule: ConservationRule; readonly lineage: Lineage }[]
  readonly #balances = new Map<ConservationRule, Balance>()

  constructor(options: ConservationWatchOptions) {
    const { catalog } = options
    this.#options = options
    this.#rules = catalog.conservation.map(rule => ({
      name: ruleName(catalog, rule),
      rule,
      lineage: lineageOf(catalog, rule),
    }))
  }

  /** Compares each rule whose consumers come to the end of their topics soon; the others keep their last result. */
  async compare(signal: AbortSignal): Promise<void> {
    const { log, clock, failed } = this.#options
    for (const { rule, lineage } of this.#rules) {
      let cut: LogCut
      try {
        const groupsOf = (topic: Topic): string[] => this.#groupsOf(topic, rule, lineage)
        cut = await drawLogCut({ log, clock, topics: lineage.topics, groupsOf, deadlineMs: CATCH_UP_MS, signal })
      } catch (error) {
        if (error instanceof NotCaughtUp) continue
        throw error
      }
      await failed.update()
      await this.#compareRule(rule, lineage, { cut, signal })
    }
  }

  /** Events that are in no place or in more than one, as of the last comparisons. */
  get unbalanced(): number {
    return total([...this.#balances.values()].map(({ difference }) => Math.abs(difference)))
  }

  get sentences(): string[] {
    return this.#rules.flatMap(({ name, rule }) => {
      const difference = this.#balances.get(rule)?.difference ?? 0
      if (difference === 0) return []
      return difference > 0
        ? [`${name}: ${difference} events are neither in ${rule.table.name} nor late nor failed`]
        : [`${name}: ${-difference} events are in ${rule.table.name} more than once, or late as well`]
    })
  }

  /** Consumer groups between the source and the table; the archive does not matter here. */
  #groupsOf(topic: Topic, rule: ConservationRule, { topics }: Lineage): string[] {
    const { catalog } = this.#options
    const next = topics.filter(({ derivedFrom }) => derivedFrom?.topic === topic)
    return [
      ...new Set(next.map(makerOf)),
      ...(catalog.mappingsOf(topic.name).some(({ table }) => table === rule.table)
        ? [groupOf('mart-writer', topic.domain)]
        : []),
    ]
  }

  async #compareRule(
    rule: ConservationRule,
    lineage: Lineage,
    { cut, signal }: { readonly cut: LogCut; readonly signal: AbortSignal },
  ): Promise<void> {
    const { mart, clock, metrics, auditRecords, erasures } = this.#options
    let balance = this.#balances.get(rule)
    if (balance && ((await balance.source.hasLost()) || (await balance.late.hasLost()))) balance = undefined
    balance ??= await this.#begin(rule, lineage, cut)
    this.#balances.set(rule, balance)
    const key = keyOf(cut)
    balance.credit += auditRecords
    if ((balance.cut === key && balance.difference === 0) || balance.credit < balance.rows) return
    const ends = (topic: Topic): ReadonlyMap<number, number> => cut.get(topic.name)!
    metrics.read(rule.source.name, await balance.source.advance(ends(rule.source), signal))
    metrics.read(rule.late.name, await balance.late.advance(ends(rule.late), signal))
    const { events, rows } = await countedBy(mart, rule)
    const expected = balance.source.events
    const nowMs = clock.now()
    const goneMs = lastGoneMs(mart, rule.table, nowMs)
    const expired = goneMs === null ? 0 : Math.max(0, balance.source.upTo(goneMs) - balance.late.upTo(goneMs))
    const kept = total([...balance.base].map(([endMs, counted]) => (isEnding(endMs, nowMs) ? 0 : counted)))
    const found = events + balance.late.events
    const copies = mostLateCopies({ late: balance.late.events, repeats: balance.source.repeats })
    const most = expected + copies + (await this.#movedSince(cut, rule))
    // Rows of people who were erased are not in the table any more.
    const isOfPeople = Object.keys(personFieldsOf(rule.table.person ?? null)).length > 0
    const erased = isOfPeople ? erasures.count(rule.source.name) : 0
    const least = kept + expected - expired - erased - balance.slack
    const difference = distanceBelow(found, least, total(balance.base.values()) + most)
    Object.assign(balance, { rows, credit: 0, cut: key, difference })
    metrics.conservation(rule.source.name, rule.table.name, difference)
  }

  async #begin(rule: ConservationRule, { services }: Lineage, cut: LogCut): Promise<Balance> {
    const { log, mart, failed, auditRecords } = this.#options
    const topics = [rule.source, rule.late]
    const ranges = await Promise.all(topics.map(({ name }) => log.range(name)))
    const records = total(topics.flatMap(({ name }) => [...cut.get(name)!.values()]))
    const isWhole = records <= auditRecords && ranges.flat().every(({ earliest }) => earliest === 0)
    const byDay = mart.retentionMs(rule.table) !== null
    const counter = (topic: Topic, counts: (partition: number, offset: number) => boolean): EventCounter =>
      new EventCounter(log, topic, { from: isWhole ? new Map() : cut.get(topic.name)!, counts, byDay })
    const source = counter(
      rule.source,
      (partition, offset) => !isRefused(failed, { topic: rule.source, partition, offset, services }),
    )
    const late = counter(rule.late, () => true)
    const start = { source, late, credit: 0, difference: 0 }
    if (isWhole) return { ...start, base: new Map(), slack: 0, rows: 0, cut: '' }
    const { byEnd, rows } = await countedBy(mart, rule)
    return { ...start, base: byEnd, slack: await this.#movedSince(cut, rule), rows, cut: keyOf(cut) }
  }

  /** Events that came after a cut, and may be in the table all the same. */
  async #movedSince(cut: LogCut, { source }: ConservationRule): Promise<number> {
    const now = await this.#options.log.range(source.name)
    return total(now.map(({ end }) => end)) - total(cut.get(source.name)!.values())
  }
}
