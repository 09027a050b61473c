import path from 'node:path'
import { type FailedEvent, type LakeManifest, martTable, payloadHash, type Topic } from '@millrace/contracts'
import { createIdSpill, type IdSpill } from './id-spill.ts'
import { isLakeFault } from './lake-reader.ts'
import { ledgerIds } from './ledger.ts'
import type { PayloadDigest } from './payload-digest.ts'
import type { ReconcileOptions } from './reconcile.ts'
import { idOf, position, readEvent } from './record-id.ts'
import type { TopicReport } from './report.ts'

const MAX_EXAMPLES = 20

/** What the reconciliation needs of a lake. */
export interface LakeReader {
  manifests(topic: string, partition: number): AsyncIterable<LakeManifest>
  /** The records of a manifest's files, some at a time. */
  rows(
    manifest: LakeManifest,
  ): AsyncIterable<readonly { readonly offset: number; readonly event: Readonly<Record<string, unknown>> }[]>
}

/** The reconciliation of one topic. */
export class TopicCheck {
  readonly contract: Topic
  missing = 0
  duplicate = 0
  unexpected = 0
  gaps = 0
  records = 0
  readonly #options: ReconcileOptions
  readonly #spill: IdSpill
  readonly #digest: PayloadDigest
  readonly #examples: string[]
  /** Positions that a stage refused to archive; only unreadable records, so they are few. */
  readonly #notArchivable = new Set<string>()

  constructor(contract: Topic, options: ReconcileOptions, digest: PayloadDigest, examples: string[]) {
    this.contract = contract
    this.#options = options
    this.#spill = createIdSpill(path.join(options.workDirectory, contract.name))
    this.#digest = digest
    this.#examples = examples
  }

  /** Takes note of a failed event of this topic. */
  async addFailed(failed: FailedEvent): Promise<void> {
    const where = position(failed.partition ?? 0, failed.offset ?? 0)
    if (failed.sink === 'lake') this.#notArchivable.add(where)
    await this.addFailedId(failed.sourceEventId ?? where)
  }

  /** Takes note of the id of an event that is not in the mart because something made from it failed. */
  async addFailedId(id: string): Promise<void> {
    await this.#spill.add('failed', id)
  }

  async run(): Promise<TopicReport> {
    const { name, sinks } = this.contract
    const { ledger, ledgerSizes, log, cut } = this.#options
    if (ledger !== undefined)
      for await (const id of ledgerIds(ledger, name, ledgerSizes)) await this.#spill.add('ledger', id)
    for (const found of await log.range(name)) {
      const range = { ...found, end: Math.min(found.end, cut?.get(name)?.get(found.partition) ?? found.end) }
      if (sinks.lake) await this.#comparePartition(range)
      else await this.#readLog(range.partition, range.earliest, range.end, () => {})
    }
    for (const table of sinks.mart) await this.#readTable(table)
    return this.#compareIds()
  }

  #complain(sentence: string): void {
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push(`${this.contract.name}: ${sentence}`)
  }

  async #readLog(
    partition: number,
    from: number,
    to: number,
    visit: (offset: number, event: Record<string, unknown> | null) => void,
  ) {
    for await (const records of this.#options.log.read(this.contract.name, partition, from, to))
      for (const record of records) {
        const event = readEvent(record.value)
        this.records++
        await this.#spill.add('log', idOf(event, partition, record.offset))
        visit(record.offset, event)
      }
  }

  /** Holds one archived range at a time: the log's payloads as hashes by offset, against the rows of the range's files. */
  async #comparePartition({
    partition,
    earliest,
    end,
  }: {
    partition: number
    earliest: number
    end: number
  }): Promise<void> {
    const { name } = this.contract
    const { lake } = this.#options
    let next = earliest
    let archivedTo = 0
    for await (const manifest of lake.manifests(name, partition)) {
      const { firstOffset, lastOffset, kind } = manifest
      if (firstOffset < archivedTo) {
        this.duplicate += Math.min(archivedTo, lastOffset + 1) - firstOffset
        this.#complain(
          `offsets ${firstOffset} to ${Math.min(archivedTo - 1, lastOffset)} of partition ${partition} are archived twice`,
        )
      }
      archivedTo = Math.max(archivedTo, lastOffset + 1)
      if (firstOffset > next) await this.#notArchived(partition, next, Math.min(firstOffset, end))
      const stored = new Map<number, Buffer>()
      await this.#readLog(partition, Math.max(next, firstOffset), Math.min(lastOffset + 1, end), (offset, event) => {
        if (event) stored.set(offset, payloadHash(event))
        else this.#expectFailed(partition, offset)
      })
      if (kind === 'gap') {
        this.gaps += lastOffset - firstOffset + 1
        for (const offset of stored.keys())
          this.#missingInLake(partition, offset, 'is claimed as a gap, yet the log has it')
      } else await this.#compareRange(manifest, stored, Math.max(next, firstOffset), end)
      next = Math.max(next, lastOffset + 1)
    }
    if (next < end) await this.#notArchived(partition, next, end)
  }

  async #compareRange(manifest: LakeManifest, stored: Map<number, Buffer>, from: number, end: number): Promise<void> {
    const { partition, firstOffset, lastOffset, rows } = manifest
    const seen = new Set<number>()
    let isReadable = true
    for await (const batch of this.#rowsOf(manifest, () => {
      isReadable = false
    }))
      for (const { offset, event } of batch) {
        if (this.#options.cut && offset >= end && offset <= lastOffset) {
          seen.add(offset)
          continue
        }
        const hash = payloadHash(event)
        await this.#digest.add(hash)
        await this.#spill.add('lake', typeof event.eventId === 'string' ? event.eventId : position(partition, offset))
        if (seen.has(offset)) {
          this.duplicate++
          this.#complain(`offset ${offset} of partition ${partition} is in the lake twice`)
        }
        seen.add(offset)
        if (offset < firstOffset || offset > lastOffset) {
          this.unexpected++
          this.#complain(
            `offset ${offset} of partition ${partition} is in a file of the range ${firstOffset} to ${lastOffset}`,
          )
        } else if (offset >= from && offset < end) {
          const expected = stored.get(offset)
          if (!expected) {
            this.unexpected++
            this.#complain(`offset ${offset} of partition ${partition} is in the lake but not in the log`)
          } else if (!expected.equals(hash)) this.#missingInLake(partition, offset, 'differs between log and lake')
          stored.delete(offset)
        }
      }
    if (isReadable && seen.size !== rows) {
      this.missing++
      this.#complain(
        `the manifest of partition ${partition}, offset ${firstOffset} says ${rows} rows, its files hold ${seen.size}`,
      )
    }
    for (const offset of stored.keys())
      if (!seen.has(offset) && !this.#notArchivable.has(position(partition, offset)))
        this.#missingInLake(partition, offset, 'is not in the lake')
  }

  /** The rows of a range; what cannot be read of them is complained of, and missing. */
  async *#rowsOf(manifest: LakeManifest, onFault: () => void): ReturnType<LakeReader['rows']> {
    try {
      yield* this.#options.lake.rows(manifest)
    } catch (error) {
      if (!isLakeFault(error)) throw error
      onFault()
      this.#complain(error.message)
    }
  }

  async #notArchived(partition: number, from: number, to: number): Promise<void> {
    await this.#readLog(partition, from, to, offset => this.#missingInLake(partition, offset, 'is not archived'))
  }

  #expectFailed(partition: number, offset: number): void {
    if (!this.#notArchivable.has(position(partition, offset)))
      this.#missingInLake(partition, offset, 'cannot be read and is not among the failed events')
  }

  #missingInLake(partition: number, offset: number, what: string): void {
    this.missing++
    this.#complain(`offset ${offset} of partition ${partition} ${what}`)
  }

  async #readTable(name: string): Promise<void> {
    for await (const page of this.#options.mart.scan(martTable(name), ['event_id']))
      for (const { event_id: id } of page) if (typeof id === 'string') await this.#spill.add(`mart:${name}`, id)
  }

  async #compareIds(): Promise<TopicReport> {
    const { name, sinks } = this.contract
    const counts = { ledger: 0, log: 0, lake: 0, mart: 0, failed: 0 }
    for await (const bucket of this.#spill.buckets()) {
      const of = (source: string): ReadonlyMap<string, number> => bucket.get(source) ?? new Map()
      const log = of('log')
      const failed = of('failed')
      for (const id of of('ledger').keys())
        if (!log.has(id)) {
          this.missing++
          this.#complain(`${id} was acknowledged and is not in the log`)
        }
      for (const id of log.keys()) {
        const absent = sinks.mart.filter(table => !of(`mart:${table}`).has(id))
        if (absent.length === 0) counts.mart++
        else if (!failed.has(id)) {
          this.missing++
          this.#complain(`${id} is neither in mart table ${absent.join(', ')} nor among the failed events`)
        }
      }
      for (const table of sinks.mart)
        for (const [id, times] of of(`mart:${table}`))
          if (times > 1) {
            this.duplicate += times - 1
            this.#complain(`${id} is in mart table ${table} ${times} times`)
          }
      counts.ledger += of('ledger').size
      counts.log += log.size
      counts.lake += of('lake').size
      counts.failed += failed.size
    }
    this.#options.onProgress?.(`${name}: ${counts.log} events compared`)
    return {
      accepted: this.#options.ledger === undefined || counts.ledger === 0 ? null : counts.ledger,
      log: counts.log,
      lake: sinks.lake ? counts.lake : null,
      mart: sinks.mart.length > 0 ? counts.mart : null,
      failed: counts.failed,
      missing: this.missing,
      duplicate: this.duplicate,
      unexpected: this.unexpected,
      repeats: this.records - counts.log,
      gaps: this.gaps,
    }
  }
}
