import { createInstantWriter, eventTimeOf, makerOf } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  decodeJson,
  type Emit,
  emitEvent,
  type PartitionProcessor,
  type ProcessResult,
  ReferenceTable,
  type Topology,
} from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { type AdRaw, ad } from '../contract.ts'

const { raw, campaigns, unknownCampaigns } = ad.topics
const decode = decodeJson(raw.schema)
const writeInstant = createInstantWriter()
/** Reports that are remembered; after more, some are made again. */
const MAX_REPORTS = 10_000

interface Shown {
  readonly event: AdRaw
  readonly timeMs: number
  readonly record: LogRecord
}

/**
 * Reports the campaigns of one partition that have no reference record, once per day. It keeps which ones it reported; a restart may
 * report one again, under the same id. What is wrong with a record is told by the topology that counts it.
 */
class UnknownCampaignsProcessor implements PartitionProcessor {
  readonly #table: ReferenceTable<typeof campaigns>
  readonly #reported = new Set<string>()
  /** Campaigns that the last reading of the table did not find. Looked for again after the next tick. */
  readonly #absent = new Set<string>()
  #partition = 0

  constructor(table: ReferenceTable<typeof campaigns>) {
    this.#table = table
  }

  async open({ partition, committed, earliest }: Assignment) {
    this.#partition = partition
    await this.#table.refresh()
    const from = Math.max(earliest, committed?.offset ?? earliest)
    return { readFrom: from, publishFrom: from }
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    const shown = records.flatMap(record => this.#read(record))
    await this.#lookUp(shown)
    const emits = shown.flatMap(each => this.#report(each))
    return { emits, failed: [], done: records.at(-1)!.offset + 1 }
  }

  async tick(): Promise<null> {
    this.#absent.clear()
    await this.#table.refresh()
    return null
  }

  #read(record: LogRecord): Shown[] {
    const decoded = decode(record, record)
    const timeMs = decoded.kind === 'ok' ? eventTimeOf(raw, decoded.value) : null
    return decoded.kind === 'ok' && timeMs !== null ? [{ event: decoded.value as AdRaw, timeMs, record }] : []
  }

  /** A campaign that was stored before its event is in the table then. */
  async #lookUp(shown: readonly Shown[]): Promise<void> {
    let isAbsent = false
    for (const { event } of shown) {
      const { ad_id: id } = event.Ad
      if (this.#table.get(id) || this.#absent.has(id)) continue
      isAbsent = true
      this.#absent.add(id)
    }
    if (isAbsent) await this.#table.refresh()
  }

  #report({ event: { Ad }, timeMs, record }: Shown): Emit[] {
    if (this.#table.get(Ad.ad_id)) return []
    const datetime = writeInstant(timeMs)
    const day = datetime.slice(0, 10)
    const eventId = `${Ad.ad_id}@${day}@${this.#partition}`
    if (this.#reported.has(eventId)) return []
    if (this.#reported.size >= MAX_REPORTS) this.#reported.clear()
    this.#reported.add(eventId)
    const revision = record.offset + 1
    const unknown = { eventId, ad_id: Ad.ad_id, ad_name: Ad.ad_name ?? null, day, datetime, revision }
    return [emitEvent(unknownCampaigns, unknown, record)]
  }
}

/** ad.raw, joined with ad.campaigns → ad.unknown-campaigns. */
export function createUnknownCampaignsTopology({ log }: AggregationParts): Topology {
  const table = new ReferenceTable(campaigns, log)
  return {
    name: makerOf(unknownCampaigns),
    topics: [raw],
    outputs: [unknownCampaigns],
    createProcessor: () => new UnknownCampaignsProcessor(table),
  }
}
