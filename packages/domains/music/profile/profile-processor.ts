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
  SeenIds,
  streamError,
} from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { music, musicRaw } from '../contract.ts'
import { CustomerProfile, MOST_TRACKS } from './customer-profile.ts'
import type { ModelInUse, ModelStore } from './model-store.ts'
import { emitBehaviour, emitPrediction, emitRequest, type Knowledge, requestOf } from './profile-outputs.ts'

const { raw, behaviours, customers } = music.topics
const decode = decodeJson(musicRaw, ['eventId', 'customer_id', 'track_id', 'datetime', 'ismobile'])

/** How long the ids of events are remembered, by times of sending, ms. */
const REMEMBER_MS = 3_600_000
/** Profiles that changed are published at the latest when there are so many, and compared with a new model so many at a time. */
const MOST_CHANGED = 20_000
const VERSION = 'p1'

/**
 * Profiles of the customers of one partition. They have no end, so they are restored from what was published of them: each record
 * carries the offset that it includes, and a listen below it is not counted again. Which customers became targets is decided listen
 * by listen, in the order of the log; the profiles are published about once a second.
 */
export class ProfileProcessor implements PartitionProcessor {
  readonly #parts: AggregationParts
  readonly #customers: ReferenceTable<typeof customers>
  readonly #models: ModelStore
  readonly #profiles = new Map<string, CustomerProfile>()
  #seen = new SeenIds(REMEMBER_MS / 4)
  #sentMs = Number.NEGATIVE_INFINITY
  readonly #changed = new Set<CustomerProfile>()
  /** Customers whose row was read since their profiles were last compared with it. */
  readonly #arrived = new Set<string>()
  /** Customers without a row, as far as was read since the last tick. */
  readonly #absent = new Set<string>()
  /** Whether a model was looked for since the last tick. */
  #isModelSought = false
  /** Requests of which it is not known whether they were stored. */
  #unsure: CustomerProfile[] = []
  /** The model that every profile was compared with, and those still to be compared with a newer one. */
  #compared: ModelInUse | null = null
  #toCompare: CustomerProfile[] = []
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
    this.#unlisten()
    this.#unlisten = this.#customers.onRow(key => this.#arrived.add(key))
    this.#compared = this.#models.inUse
    await this.#restore(partition)
    this.#publishFrom = Math.max(earliest, committed?.offset ?? earliest)
    const [, stateFrom = ''] = new RegExp(`^${VERSION} (\\d+)$`).exec(committed?.metadata ?? '') ?? []
    this.#next =
      stateFrom === '' ? this.#publishFrom : Math.max(earliest, Math.min(Number(stateFrom), this.#publishFrom))
    this.#flushed = this.#publishFrom
    this.#unsure = [...this.#profiles.values()].filter(({ request }) => (request?.offset ?? -1) >= this.#publishFrom)
    return { readFrom: this.#next, publishFrom: this.#publishFrom }
  }

  async #restore(partition: number): Promise<void> {
    this.#profiles.clear()
    for (const range of await this.#parts.log.range(behaviours.name))
      for await (const records of this.#parts.log.read(behaviours.name, range.partition, range.earliest, range.end))
        for (const record of records) {
          if (record.value.length === 0) continue
          const published = readBehaviour(record)
          const key = String(published.customer_id)
          if (published.state.partition === partition && published.revision > (this.#profiles.get(key)?.revision ?? 0))
            this.#profiles.set(key, CustomerProfile.restore(published))
        }
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    if (records.at(-1)!.offset >= this.#publishFrom) await this.#lookUp(records)
    // It is called again with the same records after the log did not answer.
    for (const record of records) if (record.offset >= this.#next) this.#count(record)
    this.#endRebuild()
    return this.#changed.size >= MOST_CHANGED ? this.#flush() : this.#take(null)
  }

  async tick(): Promise<ProcessResult | null> {
    await this.#customers.refresh()
    await this.#models.refresh()
    this.#absent.clear()
    this.#isModelSought = false
    if (this.#next < this.#publishFrom) return null
    this.#endRebuild()
    this.#compareAgain()
    return this.#next > this.#flushed || this.#changed.size > 0 || this.#emits.length > 0 ? this.#flush() : null
  }

  close(reason: 'revoked' | 'stopping'): ProcessResult | null {
    this.#unlisten()
    return reason === 'stopping' && this.#next > this.#flushed ? this.#flush() : null
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
    const at = { eventTimeMs: this.#sentMs, offset, touchedMs: this.#sentMs }
    if (this.#seen.note(eventId, at, this.#isExpired) !== null) {
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
    this.#compare(profile)
  }

  readonly #isExpired = (newestMs: number): boolean => this.#sentMs - newestMs > REMEMBER_MS

  /** Publishes the prediction of a day that a listen ends: later ones are of the next day. */
  #endDay(profile: CustomerProfile, timeMs: number): void {
    const knowledge = this.#knowledgeOf(profile)
    if (!knowledge || !this.#changed.has(profile)) return
    if (new Date(timeMs).toISOString().slice(0, 10) > profile.day) this.#emits.push(emitPrediction(profile, knowledge))
  }

  #knowledgeOf({ customerId }: CustomerProfile): Knowledge | null {
    const { inUse } = this.#models
    return inUse && { inUse, customer: this.#customers.get(String(customerId)) }
  }

  #compare(profile: CustomerProfile): void {
    this.#changed.add(profile)
    const knowledge = this.#knowledgeOf(profile)
    const request = knowledge && requestOf(profile, knowledge)
    if (!request) return
    profile.request = request
    this.#emits.push(emitRequest(profile.customerId, request))
  }

  /** Customers whose row arrived, and all of them when there is a newer model. */
  #compareAgain(): void {
    for (const key of this.#arrived) {
      const profile = this.#profiles.get(key)
      if (profile) this.#compare(profile)
    }
    this.#arrived.clear()
    const { inUse } = this.#models
    if (inUse !== this.#compared) {
      this.#compared = inUse
      this.#toCompare = [...this.#profiles.values()]
    }
    for (const profile of this.#toCompare.splice(0, MOST_CHANGED)) this.#compare(profile)
  }

  /** A request that was made since the last commit may not have been stored; where it was, the runner does not store it again. */
  #endRebuild(): void {
    if (this.#unsure.length === 0 || this.#next < this.#publishFrom) return
    for (const { customerId, request } of this.#unsure) if (request) this.#emits.push(emitRequest(customerId, request))
    this.#unsure = []
  }

  #flush(): ProcessResult {
    for (const profile of this.#changed) {
      const knowledge = this.#knowledgeOf(profile)
      if (knowledge) this.#emits.push(emitPrediction(profile, knowledge))
      this.#emits.push(emitBehaviour(profile, this.#assignment.partition))
    }
    this.#changed.clear()
    this.#flushed = this.#next
    return this.#take(this.#next)
  }

  #take(done: number | null): ProcessResult {
    const { metrics } = this.#parts
    const stateFrom = Math.min(this.#next, this.#seen.sweep(this.#isExpired))
    metrics?.keys.set(this.#assignment, this.#profiles.size)
    metrics?.eventIds.set(this.#assignment, this.#seen.size)
    metrics?.rewind.set(this.#assignment, this.#next - stateFrom)
    const result = { emits: this.#emits, failed: this.#failed, done, metadata: `${VERSION} ${stateFrom}` }
    this.#emits = []
    this.#failed = []
    return result
  }
}

/** @throws `total_unreadable`: a profile that began anew would replace the published one */
function readBehaviour({ topic, partition, offset, value }: LogRecord) {
  try {
    return behaviours.schema.parse(JSON.parse(value.toString()))
  } catch (error) {
    throw streamError('total_unreadable', { topic, partition, offset, expected: 'a profile of a customer' }, error)
  }
}
