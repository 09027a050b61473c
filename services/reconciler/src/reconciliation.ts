import path from 'node:path'
import {
  type ConservationRule,
  eventTimeOf,
  isReplaced,
  type MartTable,
  personFieldsOf,
  type Topic,
} from '@millrace/contracts'
import { countedBy, distanceBelow, isRefused, lineageOf, mostLateCopies, ruleName } from './conservation.ts'
import { eachOf, reachesMart, sourcesOfEach } from './each.ts'
import { Erasures } from './erasures.ts'
import { lastGoneMs } from './expiry.ts'
import { FailedIndex } from './hops/failed-index.ts'
import type { Comparison, EventObserver, HopCheck, HopName } from './hops/hop.ts'
import { hopsOf } from './hops/hops-of.ts'
import type { ArchivedRow } from './hops/lake-hop.ts'
import { createIdSpill } from './id-spill.ts'
import { ledgerIds } from './ledger.ts'
import { createPayloadDigest, type PayloadDigests } from './payload-digest.ts'
import type { ReconcileOptions } from './reconcile.ts'
import { position, recordId, storedTimeMs } from './record-id.ts'
import type { ConservationReport, TopicReport } from './report.ts'
import { type IdCounts, TopicIds } from './topic-ids.ts'

const MOST_EXAMPLES = 20
/** Failed records that are remembered, about 50 bytes each. */
const MOST_FAILED = 2_000_000
/** A table with this column has at most one row for each value. */
const ID_COLUMN = 'event_id'

interface Range {
  readonly partition: number
  readonly earliest: number
  readonly end: number
}

interface Rule {
  readonly name: string
  readonly rule: ConservationRule
  /** Those whose failures count. */
  readonly services: readonly string[]
  /** Events of this time or earlier may be counted in rows that are gone; null where rows are kept for ever. */
  readonly goneMs: number | null
}

type ProcessedRecord = Pick<ArchivedRow, 'partition' | 'offset' | 'id'> & {
  /** Its event time, in ms since the epoch. */
  readonly timeMs: () => number | null
}

/** What one comparison knows of a topic. */
interface State {
  readonly ids: TopicIds
  ranges: readonly Range[]
  readonly sums: {
    missing: number
    duplicate: number
    unexpected: number
    gaps: number
    quarantined: number
    erased: number
  }
  counts: IdCounts | null
}

/** One comparison of everything, part by part. */
export class Reconciliation {
  readonly #options: ReconcileOptions
  readonly #failed: FailedIndex
  /** What was erased of people. */
  readonly erasures: Erasures
  readonly #digest
  readonly #spill
  readonly #directory: string
  readonly #states = new Map<Topic, State>()
  readonly #rules: readonly Rule[]
  readonly examples: string[] = []

  /** @param directory folder for intermediate files, of this comparison alone */
  constructor(options: ReconcileOptions, directory: string) {
    const { catalog, log, lake } = options
    this.erasures = new Erasures(lake)
    this.#options = options
    this.#directory = directory
    this.#failed = new FailedIndex(log, MOST_FAILED)
    this.#digest = createPayloadDigest(
      path.join(directory, 'digest'),
      catalog.domains.map(({ name }) => name),
    )
    this.#spill = createIdSpill(path.join(directory, 'ids'))
    this.#rules = catalog.conservation.map(rule => ({
      name: ruleName(catalog, rule),
      rule,
      services: lineageOf(catalog, rule).services,
      goneMs: lastGoneMs(options.mart, rule.table, options.clock.now()),
    }))
  }

  readonly #complain = (sentence: string): void => {
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(sentence)
  }

  #stateOf(topic: Topic): State {
    const state = this.#states.get(topic)
    if (state) return state
    throw new Error(`The topic ${topic.name} is not part of this comparison.`)
  }

  /** Takes note of what the log has of some topics, up to the end of the comparison. */
  async takeRanges(topics: readonly Topic[]): Promise<void> {
    const { log, cut } = this.#options
    for (const topic of topics) {
      const ends = cut?.get(topic.name)
      const ranges = (await log.range(topic.name)).map(range => ({
        ...range,
        end: Math.min(range.end, ends?.get(range.partition) ?? range.end),
      }))
      const sums = { missing: 0, duplicate: 0, unexpected: 0, gaps: 0, quarantined: 0, erased: 0 }
      this.#states.set(topic, { ids: new TopicIds(topic, this.#spill), ranges, sums, counts: null })
    }
  }

  /** Takes note of every failed event; answers how many were refusals of the gateway. */
  async readFailures(): Promise<number> {
    const { catalog } = this.#options
    let refused = 0
    await this.#failed.update(({ stage, sink, topic: name, partition, offset, sourceEventId }) => {
      if (stage === 'ingest') refused++
      const topic = stage === 'ingest' || name === null ? undefined : catalog.find(name)
      if (!topic || !this.#states.has(topic)) return
      this.#stateOf(topic).ids.add('failed', sourceEventId ?? position(partition ?? 0, offset ?? 0))
      if (sink === 'mart' && sourceEventId !== null)
        for (const source of sourcesOfEach(topic)) this.#stateOf(source).ids.add('failed', sourceEventId)
    })
    await this.#spill.relieve()
    return refused
  }

  /** Takes note of the ids that senders know to be acknowledged. */
  async readLedger(topic: Topic): Promise<void> {
    const { ledger, ledgerSizes } = this.#options
    if (ledger === undefined) return
    for await (const id of ledgerIds(ledger, topic.name, ledgerSizes)) {
      this.#stateOf(topic).ids.add('ledger', id)
      await this.#spill.relieve()
    }
  }

  async readLog(topic: Topic): Promise<void> {
    const { ids, ranges } = this.#stateOf(topic)
    for (const { partition, earliest, end } of ranges)
      for await (const records of this.#options.log.read(topic.name, partition, earliest, end)) {
        for (const record of records) {
          // A tombstone is no event.
          if (record.value.length === 0 && topic.cleanup === 'compact') continue
          const id = recordId(topic, partition, record)
          ids.add('log', id)
          const { offset, value } = record
          this.#noteProcessed(topic, { partition, offset, id, timeMs: () => storedTimeMs(topic, value) })
        }
        await this.#spill.relieve()
      }
  }

  #noteProcessed(topic: Topic, { partition, offset, id, timeMs }: ProcessedRecord): void {
    for (const { name, rule, services, goneMs } of this.#rules) {
      const isOld = (): boolean => goneMs !== null && (timeMs() ?? goneMs) <= goneMs
      if (rule.late === topic && isOld()) this.#stateOf(topic).ids.add(`ended:${name}`, id)
      if (rule.source !== topic || isRefused(this.#failed, { topic, partition, offset, services })) continue
      this.#stateOf(topic).ids.add(`processed:${name}`, id)
      if (isOld()) this.#stateOf(topic).ids.add(`ended:${name}`, id)
    }
  }

  /** Compares a topic with each of its hops, from the first offset to the end. */
  async compareHops(topic: Topic): Promise<void> {
    const { ranges, sums } = this.#stateOf(topic)
    const hops = hopsOf(topic, {
      ...this.#options,
      failed: this.#failed,
      erasures: this.erasures,
      directory: this.#directory,
      onRow: (of, row) => this.#noteRow(of, row),
      onEvent: (of, hop, id, outcome) => this.#noteEvent(of, hop, id, outcome),
    })
    for (const hop of hops)
      for (const range of ranges)
        await this.#compareRange(hop, range, comparison => {
          for (const kind of ['missing', 'duplicate', 'unexpected', 'gaps', 'quarantined', 'erased'] as const)
            sums[kind] += comparison[kind]
        })
  }

  async #compareRange(hop: HopCheck, range: Range, add: (comparison: Comparison) => void): Promise<void> {
    const { partition, earliest, end } = range
    let from = (await hop.oldest?.(partition, earliest)) ?? earliest
    while (from < end) {
      const comparison = await hop.compare(partition, { from, to: end, earliest })
      if (comparison.to === from) throw new Error(`The comparison of ${hop.topic} with ${hop.target} stands still.`)
      from = comparison.to
      add(comparison)
      comparison.examples.forEach(this.#complain)
      await this.#spill.relieve()
      await this.#digest.relieve()
    }
  }

  #noteRow(topic: Topic, row: ArchivedRow): void {
    const { ids, ranges } = this.#stateOf(topic)
    // A revision says where records were in the log, which differs from run to run.
    if (!isReplaced(topic)) this.#digest.add(topic.domain, row.hash)
    ids.add('lake', row.id)
    const { earliest = 0 } = ranges.find(({ partition }) => partition === row.partition) ?? {}
    if (row.offset < earliest) this.#noteProcessed(topic, { ...row, timeMs: () => eventTimeOf(topic, row.event) })
  }

  #noteEvent(topic: Topic, hop: HopName, ...[id, outcome]: Parameters<EventObserver>): void {
    if (hop === 'lake') return
    if (hop === 'derived') {
      this.#stateOf(topic).ids.add(outcome === 'found' ? hop : 'derived-missing', id)
      return
    }
    // Its record brings an event into the mart, under the same id.
    for (const each of [topic, ...sourcesOfEach(topic)])
      this.#stateOf(each).ids.add(outcome === 'found' ? 'mart' : `mart-${outcome}`, id)
  }

  /** Counts rows with an id that the table has already. */
  async findDuplicateRows(table: MartTable): Promise<void> {
    const { catalog, mart } = this.#options
    const topic = catalog.mappings.find(mapping => mapping.table === table)?.topic
    if (!topic || !(ID_COLUMN in table.columns)) return
    const source = `table:${table.name}`
    for await (const page of mart.scan(table, [ID_COLUMN])) {
      for (const { [ID_COLUMN]: id } of page) if (typeof id === 'string') this.#spill.add(source, id)
      await this.#spill.relieve()
    }
    for await (const bucket of this.#spill.buckets([source]))
      for (const [id, times] of bucket.get(source)!)
        if (times > 1) {
          this.#stateOf(topic).sums.duplicate += times - 1
          this.#complain(`${topic.name}: ${id} is in mart table ${table.name} ${times} times`)
        }
  }

  async reportOf(topic: Topic): Promise<TopicReport> {
    const { catalog, ledger } = this.#options
    const state = this.#stateOf(topic)
    const { sums } = state
    const counts = await state.ids.count(this.#complain, this.#erasedBeforeLog(topic))
    state.counts = counts
    const { distinct, repeats, lost } = counts
    const {
      ledger: accepted = 0,
      log = 0,
      lake = 0,
      derived = 0,
      mart = 0,
      failed = 0,
      'mart-expired': expired = 0,
    } = distinct
    return {
      accepted: ledger === undefined || accepted === 0 ? null : accepted,
      log,
      lake: topic.lake ? lake : null,
      derived: eachOf(catalog, topic).length > 0 ? derived : null,
      mart: reachesMart(catalog, topic) ? mart : null,
      failed,
      expired: reachesMart(catalog, topic) ? expired : null,
      quarantined: sums.quarantined,
      missing: sums.missing + lost,
      duplicate: sums.duplicate,
      unexpected: sums.unexpected,
      repeats: isReplaced(topic) ? null : repeats,
      gaps: sums.gaps,
      erased: topic.lake ? sums.erased : this.erasures.count(topic.name),
    }
  }

  /** Erased records that are older than what the log has. */
  #erasedBeforeLog(topic: Topic): number {
    const { ranges } = this.#stateOf(topic)
    return this.erasures.count(topic.name, new Map(ranges.map(({ partition, earliest }) => [partition, earliest])))
  }

  /** Compares tables of aggregates with the events that they count; after all topics have their reports. */
  async conserve(): Promise<Readonly<Record<string, ConservationReport>>> {
    const reports: Record<string, ConservationReport> = {}
    for (const { name, rule } of this.#rules) {
      const { counts, ranges } = this.#stateOf(rule.source)
      const isKnown = [rule.source, rule.late].every(topic => this.#hasAll(topic))
      const source = counts?.events ?? 0
      const failed = source - (counts?.distinct[`processed:${name}`] ?? 0)
      const late = this.#stateOf(rule.late).counts?.events ?? 0
      const { events: counted } = await countedBy(this.#options.mart, rule)
      // What came after the end of the comparison may be counted already.
      const now = await this.#options.log.range(rule.source.name)
      const end = (all: readonly Range[]): number => all.reduce((sum, range) => sum + range.end, 0)
      const moved = end(now) - end(ranges)
      const total = counted + late + failed
      const copies = mostLateCopies({ late, repeats: counts?.repeats ?? 0 })
      // A sum over many people still counts erased events, also where the log no longer has them. A sum of one person was erased too.
      const most = source + moved + copies + this.#erasedBeforeLog(rule.source)
      const isOfPeople = Object.keys(personFieldsOf(rule.table.person ?? null)).length > 0
      const erased = isOfPeople ? this.erasures.count(rule.source.name) : 0
      const ended = (topic: Topic): number => this.#stateOf(topic).counts?.distinct[`ended:${name}`] ?? 0
      // Late events are kept apart, and never in a row.
      const expired = Math.max(0, ended(rule.source) - ended(rule.late))
      const difference = isKnown ? distanceBelow(total, source - expired - erased, most) : null
      if (difference)
        this.#complain(
          `${name}: of ${source} events ${total} are in ${rule.table.name} (${counted}), late (${late}) or failed (${failed})`,
        )
      reports[name] = { source, counted, late, failed, expired, difference }
    }
    return reports
  }

  /** Whether the log or the lake still has every record of a topic. */
  #hasAll(topic: Topic): boolean {
    const { ranges, sums } = this.#stateOf(topic)
    return topic.lake ? sums.gaps === 0 : ranges.every(({ earliest }) => earliest === 0)
  }

  digests(): Promise<PayloadDigests> {
    return this.#digest.finish()
  }

  /** Whether every failed event could be remembered: what is forgotten counts as failed and may be missing. */
  rememberedAll(): boolean {
    if (!this.#failed.hasForgotten) return true
    this.#complain(`there are more than ${MOST_FAILED} failed events: some records count as failed that may be missing`)
    return false
  }
}
