import path from 'node:path'
import { type ConservationRule, isReplaced, type MartTable, type Topic } from '@millrace/contracts'
import { countedBy, distanceBelow, isRefused, lineageOf, mostLateCopies, ruleName } from './conservation.ts'
import { eachOf, reachesMart, sourcesOfEach } from './each.ts'
import { FailedIndex } from './hops/failed-index.ts'
import type { Comparison, HopCheck, HopName } from './hops/hop.ts'
import { hopsOf } from './hops/hops-of.ts'
import type { ArchivedRow } from './hops/lake-hop.ts'
import { createIdSpill } from './id-spill.ts'
import { ledgerIds } from './ledger.ts'
import { createPayloadDigest, type PayloadDigests } from './payload-digest.ts'
import type { ReconcileOptions } from './reconcile.ts'
import { idOf, position, readEvent } from './record-id.ts'
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
}

/** What one comparison knows of a topic. */
interface State {
  readonly ids: TopicIds
  ranges: readonly Range[]
  readonly sums: { missing: number; duplicate: number; unexpected: number; gaps: number; quarantined: number }
  counts: IdCounts | null
}

/** One comparison of everything, part by part. */
export class Reconciliation {
  readonly #options: ReconcileOptions
  readonly #failed: FailedIndex
  readonly #digest
  readonly #spill
  readonly #directory: string
  readonly #states = new Map<Topic, State>()
  readonly #rules: readonly Rule[]
  readonly examples: string[] = []

  /** @param directory folder for intermediate files, of this comparison alone */
  constructor(options: ReconcileOptions, directory: string) {
    const { catalog, log } = options
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
      const sums = { missing: 0, duplicate: 0, unexpected: 0, gaps: 0, quarantined: 0 }
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
        for (const { value, offset } of records) {
          const id = idOf(readEvent(value), partition, offset)
          ids.add('log', id)
          this.#noteProcessed(topic, { partition, offset, id })
        }
        await this.#spill.relieve()
      }
  }

  #noteProcessed(topic: Topic, { partition, offset, id }: Pick<ArchivedRow, 'partition' | 'offset' | 'id'>): void {
    for (const { name, rule, services } of this.#rules)
      if (rule.source === topic && !isRefused(this.#failed, { topic, partition, offset, services }))
        this.#stateOf(topic).ids.add(`processed:${name}`, id)
  }

  /** Compares a topic with each of its hops, from the first offset to the end. */
  async compareHops(topic: Topic): Promise<void> {
    const { ranges, sums } = this.#stateOf(topic)
    const hops = hopsOf(topic, {
      ...this.#options,
      failed: this.#failed,
      directory: this.#directory,
      onRow: (of, row) => this.#noteRow(of, row),
      onEvent: (of, hop, id, outcome) => this.#noteEvent(of, hop, { id, isFound: outcome === 'found' }),
    })
    for (const hop of hops)
      for (const range of ranges)
        await this.#compareRange(hop, range, comparison => {
          for (const kind of ['missing', 'duplicate', 'unexpected', 'gaps', 'quarantined'] as const)
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
    if (row.offset < earliest) this.#noteProcessed(topic, row)
  }

  #noteEvent(topic: Topic, hop: HopName, { id, isFound }: { readonly id: string; readonly isFound: boolean }): void {
    if (hop === 'lake') return
    this.#stateOf(topic).ids.add(isFound ? hop : `${hop}-missing`, id)
    // Its record brings an event into the mart, under the same id.
    if (hop === 'mart')
      for (const source of sourcesOfEach(topic)) this.#stateOf(source).ids.add(isFound ? 'mart' : 'mart-missing', id)
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
    const counts = await state.ids.count(this.#complain)
    state.counts = counts
    const { distinct, repeats, lost } = counts
    const { ledger: accepted = 0, log = 0, lake = 0, derived = 0, mart = 0, failed = 0 } = distinct
    return {
      accepted: ledger === undefined || accepted === 0 ? null : accepted,
      log,
      lake: topic.lake ? lake : null,
      derived: eachOf(catalog, topic).length > 0 ? derived : null,
      mart: reachesMart(catalog, topic) ? mart : null,
      failed,
      quarantined: sums.quarantined,
      missing: sums.missing + lost,
      duplicate: sums.duplicate,
      unexpected: sums.unexpected,
      repeats: isReplaced(topic) ? null : repeats,
      gaps: sums.gaps,
    }
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
      const most = source + moved + mostLateCopies({ late, repeats: counts?.repeats ?? 0 })
      const difference = isKnown ? distanceBelow(total, source, most) : null
      if (difference)
        this.#complain(
          `${name}: of ${source} events ${total} are in ${rule.table.name} (${counted}), late (${late}) or failed (${failed})`,
        )
      reports[name] = { source, counted, late, failed, difference }
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
