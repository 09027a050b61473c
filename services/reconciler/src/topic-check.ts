import path from 'node:path'
import type { FailedEvent, Topic } from '@millrace/contracts'
import type { HopCheck } from './hops/hop.ts'
import { createIdSpill, type IdSpill } from './id-spill.ts'
import { ledgerIds } from './ledger.ts'
import type { ReconcileOptions } from './reconcile.ts'
import { idOf, position, readEvent } from './record-id.ts'
import type { TopicReport } from './report.ts'

/** Parts of a partition: first stored offset, and the one behind the last that is compared. */
interface Range {
  readonly partition: number
  readonly earliest: number
  readonly end: number
}

/** The one-shot reconciliation of one topic: every hop over all of its records, and its ids against the ledger. */
export class TopicCheck {
  readonly topic: Topic
  readonly #options: ReconcileOptions
  readonly #spill: IdSpill
  readonly #complain: (sentence: string) => void
  readonly #sums = { missing: 0, duplicate: 0, unexpected: 0, gaps: 0, quarantined: 0, derived: 0, records: 0 }
  readonly #hops = new Set<HopCheck['hop']>()
  /** Tables in which ids can be counted. */
  readonly #tables: readonly string[]
  #isInMart: boolean

  constructor(topic: Topic, options: ReconcileOptions, complain: (sentence: string) => void) {
    this.topic = topic
    this.#options = options
    this.#spill = createIdSpill(path.join(options.workDirectory, topic.name))
    this.#complain = sentence => complain(`${topic.name}: ${sentence}`)
    const tables = options.catalog.mappingsOf(topic.name).map(({ table }) => table)
    this.#isInMart = tables.length > 0
    this.#tables = [...new Set(tables.filter(({ columns }) => columns.event_id).map(({ name }) => name))]
  }

  /** Takes note of a failed event of this topic. */
  async addFailed(failed: FailedEvent): Promise<void> {
    await this.addFailedId(failed.sourceEventId ?? position(failed.partition ?? 0, failed.offset ?? 0))
  }

  /** Takes note of the id of an event that is not in a sink because something made from it failed. */
  addFailedId(id: string): Promise<void> | undefined {
    return this.#spill.add('failed', id)
  }

  /** Takes note of the id of an event that is in the mart, itself or through the record that is made from it. */
  addInMart(id: string): Promise<void> | undefined {
    this.#isInMart = true
    return this.#spill.add('mart', id)
  }

  addInLake(id: string): Promise<void> | undefined {
    return this.#spill.add('lake', id)
  }

  /** Reads the ids of ledger and log, and compares the records with each hop. */
  async run(hops: readonly HopCheck[]): Promise<void> {
    const { name } = this.topic
    const { ledger, ledgerSizes, log, cut, catalog, mart } = this.#options
    if (ledger !== undefined)
      for await (const id of ledgerIds(ledger, name, ledgerSizes)) await this.#spill.add('ledger', id)
    const ranges = (await log.range(name)).map(range => ({
      ...range,
      end: Math.min(range.end, cut?.get(name)?.get(range.partition) ?? range.end),
    }))
    for (const range of ranges) await this.#readIds(range)
    for (const hop of hops) {
      this.#hops.add(hop.hop)
      for (const range of ranges) await this.#compare(hop, range)
    }
    for (const table of this.#tables)
      for await (const page of mart.scan(catalog.table(table), ['event_id']))
        for (const { event_id: id } of page) if (typeof id === 'string') await this.#spill.add(`mart:${table}`, id)
  }

  async #readIds({ partition, earliest, end }: Range): Promise<void> {
    for await (const records of this.#options.log.read(this.topic.name, partition, earliest, end))
      for (const { value, offset } of records) {
        this.#sums.records++
        await this.#spill.add('log', idOf(readEvent(value), partition, offset))
      }
  }

  async #compare(hop: HopCheck, { partition, earliest, end }: Range): Promise<void> {
    const { log, cut } = this.#options
    // A range that is archived as a whole may go beyond the cut.
    const archived = cut && hop.hop === 'lake' ? (await log.committed(hop.group, hop.topic)).get(partition)?.offset : 0
    const to = Math.max(end, archived ?? 0)
    let next = (await hop.oldest?.(partition, earliest)) ?? earliest
    while (next < to) {
      const comparison = await hop.compare(partition, { from: next, to, earliest })
      if (comparison.to === next) break
      next = comparison.to
      for (const key of ['missing', 'duplicate', 'unexpected', 'gaps', 'quarantined'] as const)
        this.#sums[key] += comparison[key]
      if (hop.hop === 'derived') this.#sums.derived += comparison.found
      for (const example of comparison.examples) this.#complain(example.replace(`${this.topic.name}: `, ''))
    }
    if (next >= end) return
    this.#sums.missing += end - next
    this.#complain(`offsets ${next} to ${end - 1} of partition ${partition} are not archived`)
  }

  /** Compares the ids that were taken note of. Call once, after all topics have run. */
  async finish(): Promise<TopicReport> {
    const sums = this.#sums
    const counts = { ledger: 0, log: 0, lake: 0, mart: 0, failed: 0 }
    for await (const bucket of this.#spill.buckets()) {
      const of = (source: string): ReadonlyMap<string, number> => bucket.get(source) ?? new Map()
      const log = of('log')
      for (const id of of('ledger').keys())
        if (!log.has(id)) {
          sums.missing++
          this.#complain(`${id} was acknowledged and is not in the log`)
        }
      for (const table of this.#tables)
        for (const [id, times] of of(`mart:${table}`))
          if (times > 1) {
            sums.duplicate += times - 1
            this.#complain(`${id} is in mart table ${table} ${times} times`)
          }
      for (const id of of('mart').keys()) if (log.has(id)) counts.mart++
      for (const source of ['ledger', 'log', 'lake', 'failed'] as const) counts[source] += of(source).size
    }
    this.#options.onProgress?.(`${this.topic.name}: ${counts.log} events compared`)
    const { missing, duplicate, unexpected, gaps, quarantined, derived, records } = sums
    return {
      accepted: this.#options.ledger === undefined || counts.ledger === 0 ? null : counts.ledger,
      log: counts.log,
      lake: this.topic.lake ? counts.lake : null,
      derived: this.#hops.has('derived') ? derived : null,
      mart: this.#isInMart ? counts.mart : null,
      failed: counts.failed,
      missing,
      duplicate,
      unexpected,
      quarantined,
      repeats: records - counts.log,
      gaps,
    }
  }
}
