import { instantMs, isPlausibleEventTime } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  decodeJson,
  type Emit,
  type FailedRecord,
  failedRecord,
  type PartitionProcessor,
  type ProcessResult,
  type ReferenceTable,
} from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { music, musicRaw } from '../contract.ts'
import { CustomerProfile, MOST_TRACKS } from './customer-profile.ts'
import type { ModelInUse, ModelStore } from './model-store.ts'
import { emitBehaviour, emitPrediction, emitRequest, type Knowledge, requestOf } from './profile-outputs.ts'
import { decodeProfilePosition, encodeProfilePosition } from './profile-position.ts'
import { RecentIds } from './recent-ids.ts'
import { restoreProfiles } from './restore-profiles.ts'

const { raw, customers } = music.topics
const decode = decodeJson(musicRaw, ['eventId', 'customer_id', 'track_id', 'datetime', 'ismobile'])

/** How long the ids of events are remembered, by times of sending, ms. */
const REMEMBER_MS = 3_600_000
/** Profiles that changed are published at the latest when there are so many, and compared with a new model so many at a time. */
const MOST_CHANGED = 20_000

/**
 * Profiles of the customers of one partition. They have no end, so they are restored from what was published of them: each record
 * carries the offset that it includes, and a listen below it is not counted again. Which customers became targets is decided listen
 * by listen, in the order of the log; the profiles are published about once a second, and stored after predictions and requests.
 */
export class ProfileProcessor implements PartitionProcessor {
  readonly #parts: AggregationParts
  readonly #customers: ReferenceTable<typeof customers>
  readonly #models: ModelStore
  #profiles = new Map<string, CustomerProfile>()
  #seen = new RecentIds(REMEMBER_MS)
  #sentMs = Number.NEGATIVE_INFINITY
  /** Profiles with listens or a request that are not published. */
  readonly #changed = new Set<CustomerProfile>()
  /** Profiles whose prediction may have changed without a listen. */
  readonly #reclassified = new Set<CustomerProfile>()
  /** Customers whose row was read since their profiles were last compared with it. */
  readonly #arrived = new Set<string>()
  /** Customers without a row, as far as was read since the last tick. */
  readonly #absent = new Set<string>()
  /** Whether a model was looked for since the last tick. */
  #isModelSought = false
  /** The newest model that profiles are compared with, those still to be compared with it, and the offset behind the last one that all were. */
  #compared: ModelInUse | null = null
  #toCompare: CustomerProfile[] = []
  #comparedUpTo = 0
  #unlisten = (): void => {}
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: raw.name, partition: 0 }
  #publishFrom = 0
  #next = 0
  #flushed = 0
  #isLimitLogged = false
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(parts: AggregationParts, table: ReferenceTable<typeof customers>, models: ModelStore) {
    this.#parts = parts
    this.#customers = table
    this.#models = models
  }

  async open(assignment: Assignment) {
    const { topic, partition, committed, earliest } = assignment
    this.#assignment = { topic, partition }
    await this.#customers.refresh()
    await this.#models.refresh()
    this.#profiles = await restoreProfiles(this.#parts.log, partition)
    this.#unlisten()
    this.#unlisten = this.#customers.onRow(key => {
      if (this.#profiles.has(key)) this.#arrived.add(key)
    })
    const position = decodeProfilePosition(committed?.metadata ?? '')
    for (const key of this.#profiles.keys()) {
      const row = this.#customers.get(key)
      if (row && row.offset >= (position?.customers[row.partition] ?? 0)) this.#arrived.add(key)
    }
    const { inUse } = this.#models
    this.#comparedUpTo = position?.model ?? 0
    this.#compared = inUse && inUse.offset < this.#comparedUpTo ? inUse : null
    this.#publishFrom = Math.max(earliest, committed?.offset ?? earliest)
    this.#next = Math.max(earliest, Math.min(position?.idsFrom ?? this.#publishFrom, this.#publishFrom))
    this.#flushed = this.#publishFrom
    return { readFrom: this.#next, publishFrom: this.#publishFrom }
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    if (records.at(-1)!.offset >= this.#publishFrom) await this.#lookUp(records)
    // It is called again with the same records after the log did not answer.
    for (const record of records) if (record.offset >= this.#next) this.#count(record)
    return this.#changed.size >= MOST_CHANGED ? this.#flush() : this.#take(null)
  }

  async tick(): Promise<ProcessResult | null> {
    await this.#customers.refresh()
    await this.#models.refresh()
    this.#absent.clear()
    this.#isModelSought = false
    return this.#next >= this.#publishFrom && this.#isFlushDue ? this.#flush() : null
  }

  close(reason: 'revoked' | 'stopping'): ProcessResult | null {
    this.#unlisten()
    return reason === 'stopping' && this.#next > this.#flushed ? this.#flush() : null
  }

  get #isFlushDue(): boolean {
    const isComparisonDue =
      this.#arrived.size > 0 || this.#toCompare.length > 0 || this.#models.inUse !== this.#compared
    return isComparisonDue || this.#next > this.#flushed
  }

  /** Rows and models that were stored before the listens are known then. */
  async #lookUp(records: readonly LogRecord[]): Promise<void> {
    let isAbsent = this.#models.inUse === null && !this.#isModelSought
    this.#isModelSought = true
    for (const { key: bytes } of records) {
      const key = bytes.toString()
      if (this.#customers.get(key) || this.#absent.has(key)) continue
      isAbsent = true
      this.#absent.add(key)
    }
    if (!isAbsent) return
    await this.#customers.refresh()
    await this.#models.refresh()
  }

  #count(record: LogRecord): void {
    const { offset, timestampMs: sentMs } = record
    const { metrics, logger } = this.#parts
    const { topic } = this.#assignment
    const isPublished = offset >= this.#publishFrom
    this.#next = offset + 1
    this.#sentMs = Math.max(this.#sentMs, sentMs)
    const decoded = decode(record, record)
    if (decoded.kind === 'dead-letter' && isPublished) this.#failed.push(failedRecord(record, decoded))
    if (decoded.kind !== 'ok') return
    const { eventId, customer_id: customerId, track_id: trackId, datetime, ismobile } = decoded.value
    if (!this.#seen.note(eventId, this.#sentMs, offset)) {
      if (isPublished) metrics?.duplicates.inc({ topic })
      return
    }
    // What was committed is part of the profiles that were published.
    if (!isPublished) return
    const key = String(customerId)
    const profile = this.#profiles.get(key) ?? new CustomerProfile(customerId)
    this.#profiles.set(key, profile)
    // A profile that was restored may have come further than what was committed.
    if (offset < profile.revision) return
    const timeMs = instantMs(datetime)
    const isPlausible = isPlausibleEventTime(timeMs, sentMs)
    if (!isPlausible) metrics?.implausibleTimes.inc({ topic })
    if (isPlausible && timeMs > profile.lastMs) this.#endDay(profile, timeMs)
    const isKept = profile.add({ eventId, trackId, timeMs, isMobile: ismobile === 1, offset }, isPlausible)
    if (!isKept) {
      metrics?.refused.inc({ topic })
      if (!this.#isLimitLogged) logger?.error({ customerId, most: MOST_TRACKS }, 'too_many_tracks_of_a_customer')
      this.#isLimitLogged = true
    }
    this.#changed.add(profile)
    this.#compare(profile)
  }

  /** Publishes the prediction of a day that a listen ends: later ones are of the next day. */
  #endDay(profile: CustomerProfile, timeMs: number): void {
    if (!this.#changed.has(profile) && !this.#reclassified.has(profile)) return
    const knowledge = this.#knowledgeOf(profile)
    if (!knowledge) return
    if (new Date(timeMs).toISOString().slice(0, 10) > profile.day) this.#emits.push(emitPrediction(profile, knowledge))
  }

  /** Null where nothing can be predicted: without a model, and for customers without a listen on a plausible day. */
  #knowledgeOf({ customerId, hasDay }: CustomerProfile): Knowledge | null {
    const { inUse } = this.#models
    return hasDay && inUse ? { inUse, customer: this.#customers.get(String(customerId)) } : null
  }

  #compare(profile: CustomerProfile): void {
    const knowledge = this.#knowledgeOf(profile)
    const request = knowledge && requestOf(profile, knowledge)
    if (!request) return
    profile.request = request
    this.#changed.add(profile)
    this.#emits.push(emitRequest(profile.customerId, request))
  }

  /** Customers whose row arrived, and all of them when there is a newer model. */
  #compareAgain(): void {
    const arrived = Array.from(this.#arrived, key => this.#profiles.get(key)!)
    this.#arrived.clear()
    const { inUse } = this.#models
    if (inUse !== this.#compared) {
      this.#compared = inUse
      this.#toCompare = [...this.#profiles.values()]
    }
    for (const profile of [...arrived, ...this.#toCompare.splice(0, MOST_CHANGED)]) {
      this.#reclassified.add(profile)
      this.#compare(profile)
    }
    if (this.#compared && this.#toCompare.length === 0) this.#comparedUpTo = this.#compared.offset + 1
  }

  #flush(): ProcessResult {
    // What is committed says that profiles were compared with every row up to the position of the table.
    this.#compareAgain()
    for (const profile of this.#changed) this.#reclassified.add(profile)
    for (const profile of this.#reclassified) {
      const knowledge = this.#knowledgeOf(profile)
      if (knowledge) this.#emits.push(emitPrediction(profile, knowledge))
    }
    for (const profile of this.#changed) this.#emits.push(emitBehaviour(profile, this.#assignment.partition))
    this.#changed.clear()
    this.#reclassified.clear()
    this.#flushed = this.#next
    return this.#take(this.#next)
  }

  #take(done: number | null): ProcessResult {
    const { metrics } = this.#parts
    const idsFrom = Math.min(this.#next, this.#seen.dependsFrom)
    metrics?.keys.set(this.#assignment, this.#profiles.size)
    metrics?.eventIds.set(this.#assignment, this.#seen.size)
    metrics?.rewind.set(this.#assignment, this.#next - idsFrom)
    const metadata = encodeProfilePosition({
      idsFrom,
      model: this.#comparedUpTo,
      customers: this.#customers.positions,
    })
    const result = { emits: this.#emits, failed: this.#failed, done, metadata }
    this.#emits = []
    this.#failed = []
    return result
  }
}
