import { type EventOf, eventTimeOf } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  deadLetter,
  type Emit,
  emitEvent,
  type FailedRecord,
  failedRecord,
  type PartitionProcessor,
  type ProcessResult,
  type ReferenceTable,
} from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { antenna } from '../contract.ts'
import { type Crossing, decodeUsage, findCrossings } from './find-crossings.ts'
import { type HourUsage, OpenHours } from './open-hours.ts'
import { type Breach, PublishedResults } from './published-results.ts'

const { raw, users, breaches, overQuota, unknownDevices } = antenna.topics
type User = EventOf<typeof users>

const iso = (timeMs: number): string => new Date(timeMs).toISOString()
const idOf = ({ id, hourMs }: HourUsage): string => `${id}@${iso(hourMs)}`

interface QuotaHour extends HourUsage {
  /** Whether it was said that there is no reference record of the device. */
  isReported: boolean
  /** As it was published, once it was. */
  breach: Breach | null
}

/**
 * Quotas of the devices of one partition. What is published of an hour is a function of the partition's log and of the reference
 * record that was the newest when the usage was first found to exceed the quota. Which one that was, a restart learns from the
 * breaches that are published.
 */
export class QuotaProcessor implements PartitionProcessor {
  readonly #table: ReferenceTable<typeof users>
  readonly #parts: AggregationParts
  readonly #published: PublishedResults
  readonly #hours: OpenHours<QuotaHour>
  /** Devices whose reference record was looked for since the last tick. */
  readonly #missed = new Set<string>()
  /** Devices whose reference record was read since their hours were last compared with it. */
  readonly #changed = new Set<string>()
  /** Hours that exceeded their quota with an event that is to be found. */
  readonly #exceeded = new Map<QuotaHour, User>()
  #unlisten = (): void => {}
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: raw.name, partition: 0 }
  #publishFrom = 0
  #isRebuilding = true
  #isHourOpened = false
  /** Offset behind the last record. */
  #next = 0
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(table: ReferenceTable<typeof users>, parts: AggregationParts) {
    this.#table = table
    this.#parts = parts
    this.#published = new PublishedResults(parts.log)
    this.#hours = new OpenHours(
      usage => {
        const { hourMs, id } = usage
        const breach = this.#published.breach(hourMs, id)
        return { ...usage, breach, isReported: this.#published.isReported(hourMs, id) }
      },
      () => {
        this.#isHourOpened = true
        return this.#published.restartText
      },
    )
  }

  async open(assignment: Assignment) {
    const { topic, partition } = assignment
    this.#assignment = { topic, partition }
    await this.#table.refresh()
    this.#unlisten()
    this.#unlisten = this.#table.onRow(key => this.#changed.add(key))
    const { readFrom, publishFrom, note, isIncomplete } = this.#hours.restart(assignment)
    if (assignment.committed && note === null)
      this.#parts.logger?.warn({ topic, partition, readFrom }, 'state_begins_empty_position_has_no_restart_point')
    if (isIncomplete) this.#parts.logger?.warn({ topic, partition, readFrom }, 'hours_lost_to_retention')
    // Of a partition without records nothing is published.
    if (readFrom === assignment.end && note === null) await this.#published.advance()
    else await this.#published.read(note, hourMs => this.#hours.isOver(hourMs))
    this.#publishFrom = publishFrom
    this.#next = readFrom
    return { readFrom, publishFrom }
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    if (records[0]!.offset >= this.#publishFrom) {
      this.#endRebuild()
      await this.#lookUp(records)
    }
    // It is called again with the same records after the log did not answer.
    for (const record of records) if (record.offset >= this.#next) this.#count(record)
    await this.#compareClosed()
    return this.#finish()
  }

  async tick(): Promise<ProcessResult | null> {
    this.#missed.clear()
    await this.#table.refresh()
    if (this.#isHourOpened) await this.#published.advance()
    this.#isHourOpened = false
    if (this.#next >= this.#publishFrom) this.#endRebuild()
    const { emits } = await this.#finish()
    return emits.length === 0 ? null : { emits, failed: [], done: null }
  }

  close(): null {
    this.#unlisten()
    return null
  }

  /** A reference record that was stored before its device's event is in the table then. */
  async #lookUp(records: readonly LogRecord[]): Promise<void> {
    const missed = new Set<string>()
    for (const { key } of records) {
      const id = key.toString()
      if (!this.#table.get(id) && !this.#missed.has(id)) missed.add(id)
    }
    if (missed.size === 0) return
    await this.#table.refresh()
    for (const id of missed) this.#missed.add(id)
  }

  #count(record: LogRecord): void {
    const { offset, timestampMs: sentMs } = record
    const { topic } = this.#assignment
    const { metrics } = this.#parts
    this.#next = offset + 1
    const decoded = decodeUsage(record, record)
    const timeMs = decoded.kind === 'ok' ? eventTimeOf(raw, decoded.value) : null
    const fault =
      decoded.kind === 'dead-letter'
        ? decoded
        : timeMs === null
          ? deadLetter('wrong_field', `no event time (${raw.timeText})`)
          : null
    if (fault && !this.#isRebuilding) this.#failed.push(failedRecord(record, fault))
    if (decoded.kind !== 'ok' || timeMs === null) return
    const counted = this.#hours.count({ ...decoded.value, timeMs, sentMs, offset })
    if (this.#isRebuilding) return
    if (counted === 'duplicate') metrics?.duplicates.inc({ topic })
    else if (counted === 'late') metrics?.late.inc({ topic })
    else if (counted === 'implausible') metrics?.implausibleTimes.inc({ topic })
    else this.#compareAt(counted, { eventId: decoded.value.eventId, timeMs, bytes: decoded.value.bytes })
  }

  /** Compares an hour with the quota at an event that was just counted. */
  #compareAt(usage: QuotaHour, { bytes, ...event }: Crossing): void {
    const { hourMs, id } = usage
    const user = this.#table.get(id)?.row
    if (!user && !usage.breach) {
      if (usage.isReported) return
      usage.isReported = true
      this.#emits.push(
        emitEvent(unknownDevices, { eventId: idOf(usage), hour: iso(hourMs), id, datetime: iso(usage.firstMs) }),
      )
    } else if (usage.breach) this.#publishUsage(usage)
    else if (user && usage.bytes - bytes <= user.quota && usage.bytes > user.quota)
      this.#publishBreach(usage, user, { ...event, bytes: usage.bytes })
    else this.#compare(usage)
  }

  /** Compares an hour with the quota at any time: the event that exceeded it is to be found. */
  #compare(usage: QuotaHour): void {
    const user = this.#table.get(usage.id)?.row
    if (!usage.breach && user && usage.bytes > user.quota) this.#exceeded.set(usage, user)
  }

  #endRebuild(): void {
    if (!this.#isRebuilding) return
    this.#isRebuilding = false
    // The process before may have ended between a breach and its usage, or a record may have come since.
    for (const usage of this.#hours.usages()) {
      this.#compare(usage)
      this.#publishUsage(usage)
    }
  }

  /** An hour that is closed is compared once more, with the newest reference record. */
  async #compareClosed(): Promise<void> {
    if (!this.#hours.hasClosed) return
    if (!this.#isRebuilding) await this.#table.refresh()
    for (const usage of this.#hours.takeClosed()) if (!this.#isRebuilding) this.#compare(usage)
    this.#published.forget(hourMs => this.#hours.isOver(hourMs))
  }

  async #finish(): Promise<ProcessResult> {
    if (!this.#isRebuilding) {
      for (const id of this.#changed) for (const usage of this.#hours.usages(id)) this.#compare(usage)
      this.#changed.clear()
      await this.#publishExceeded()
    }
    const emits = this.#emits
    const failed = this.#failed
    this.#emits = []
    this.#failed = []
    return { emits, failed, done: this.#next, metadata: this.#restartText() }
  }

  async #publishExceeded(): Promise<void> {
    if (this.#exceeded.size === 0) return
    const { log, logger } = this.#parts
    const { topic, partition } = this.#assignment
    const quotas = new Map([...this.#exceeded].map(([usage, { quota }]) => [usage, quota]))
    const crossings = await findCrossings(quotas, { log, partition, end: this.#next })
    const lost = quotas.size - crossings.size
    if (lost > 0) logger?.warn({ topic, partition, lost }, 'crossing_events_lost_to_retention')
    for (const [usage, user] of this.#exceeded)
      this.#publishBreach(usage, user, crossings.get(usage) ?? { ...usage.last, bytes: usage.bytes })
    this.#exceeded.clear()
  }

  #publishBreach(usage: QuotaHour, { name, email, quota }: User, crossing: Crossing): void {
    const { id, hourMs } = usage
    usage.breach = {
      ...{ eventId: idOf(usage), sourceEventId: crossing.eventId, datetime: iso(crossing.timeMs), hour: iso(hourMs) },
      ...{ id, name, email, quota, usage: crossing.bytes },
    }
    this.#emits.push(emitEvent(breaches, usage.breach))
    this.#publishUsage(usage)
  }

  /** Publishes the usage of an hour that is over its quota; before the crossing event, which a restart may know already, nothing. */
  #publishUsage({ breach, bytes, events, last }: QuotaHour): void {
    if (!breach || bytes < breach.usage) return
    const { eventId, hour, id, name, email, quota, usage, sourceEventId, datetime } = breach
    this.#emits.push(
      emitEvent(overQuota, {
        ...{ eventId, hour, id, name, email, quota, usage: bytes, events },
        ...{ crossedAt: datetime, crossingEventId: sourceEventId, usageAtCrossing: usage, revision: last.offset },
      }),
    )
  }

  #restartText(): string {
    const { topic, partition } = this.#assignment
    const { metrics } = this.#parts
    const { text, stateFrom } = this.#hours.restartText(this.#next)
    metrics?.keys.set({ topic, partition }, this.#hours.deviceHours)
    metrics?.eventIds.set({ topic, partition }, this.#hours.eventIds)
    metrics?.rewind.set({ topic, partition }, this.#next - stateFrom)
    return text
  }
}
