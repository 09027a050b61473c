import { eventTimeOf, isPlausibleEventTime } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  advance,
  deadLetter,
  decodeJson,
  type Emit,
  emitEvent,
  encodeRestartState,
  type FailedRecord,
  failedRecord,
  IdTable,
  NO_PROGRESS,
  type PartitionProcessor,
  type ProcessResult,
  type Progress,
  type RestartPoint,
  restartFrom,
} from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { type AdRaw, ad, adAgeBandOf, genderOf, kindOf } from '../contract.ts'
import { type Click, ClickChains } from './click-chains.ts'
import { LATENESS_MS, MINUTE_MS, minuteOf } from './lateness.ts'
import { clickActivity, type Occurrence, plainActivity } from './write-activity.ts'

const { raw, activity } = ad.topics
const decode = decodeJson(raw.schema)

/** Ids of the events of a minute, and from where a restart has to read for them. */
interface Minute {
  readonly ids: IdTable
  readonly since: RestartPoint
}

/**
 * Clicks of one partition and what they count for. Its state is a function of the partition's log: a restart reads from the first event
 * of the oldest minute that still takes events, or of the oldest chain of clicks, and publishes nothing again.
 */
export class ActivityProcessor implements PartitionProcessor {
  readonly #parts: TopologyParts
  readonly #chains: ClickChains
  readonly #minutes = new Map<number, Minute>()
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: raw.name, partition: 0 }
  #publishFrom = 0
  #progress: Progress = NO_PROGRESS
  /** From where a restart has to read; null before the first plausible event. */
  #oldest: RestartPoint | null = null
  #isLimitLogged = false
  #counts = { late: 0, duplicate: 0, implausible: 0, refused: 0 }
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(parts: TopologyParts, chains: ClickChains = new ClickChains()) {
    this.#parts = parts
    this.#chains = chains
  }

  async open(assignment: Assignment) {
    const { topic, partition } = assignment
    const { readFrom, publishFrom, state } = restartFrom(assignment)
    this.#assignment = { topic, partition }
    this.#publishFrom = publishFrom
    this.#progress = state.progress
    if (readFrom > state.stateFrom)
      this.#parts.logger?.warn({ topic, partition, ...state, readFrom }, 'clicks_lost_to_retention')
    return { readFrom, publishFrom }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    for (const record of records) this.#take(record)
    const done = records.at(-1)!.offset + 1
    const { stateFrom, progress } = this.#oldest ?? { stateFrom: done, progress: this.#progress }
    this.#report(done - stateFrom)
    const never = Number.NEGATIVE_INFINITY
    const metadata = encodeRestartState({ stateFrom, progress, newestWindowMs: never, lostUpToMs: never })
    const result = { emits: this.#emits, failed: this.#failed, done, metadata }
    this.#emits = []
    this.#failed = []
    return result
  }

  #take(record: LogRecord): void {
    const decoded = decode(record, record)
    const timeMs = decoded.kind === 'ok' ? eventTimeOf(raw, decoded.value) : null
    if (decoded.kind !== 'ok' || timeMs === null) {
      const fault =
        decoded.kind === 'dead-letter' ? decoded : deadLetter('wrong_field', `no event time (${raw.timeText})`)
      if (record.offset >= this.#publishFrom) this.#failed.push(failedRecord(record, fault))
      return
    }
    const before = this.#progress
    this.#progress = advance(before, timeMs, record.timestampMs)
    this.#judge(decoded.value as AdRaw, { timeMs, record }, before)
    if (minuteOf(this.#progress.watermarkMs) > minuteOf(before.watermarkMs)) this.#forget()
  }

  #judge(event: AdRaw, occurrence: Occurrence, before: Progress): void {
    const { timeMs, record } = occurrence
    const { offset, timestampMs: sentMs } = record
    const minuteMs = minuteOf(timeMs)
    const isPlausible = isPlausibleEventTime(timeMs, sentMs)
    if (!isPlausible || minuteMs + MINUTE_MS + LATENESS_MS <= before.watermarkMs) {
      this.#note(isPlausible ? 'late' : 'implausible', record)
      this.#emit(record, () => plainActivity(event, occurrence, 0))
      return
    }
    const since = { stateFrom: offset, progress: before }
    if (this.#minute(minuteMs, since).ids.putIfAbsent(event.eventId, 0) !== null) this.#note('duplicate', record)
    else if (kindOf(event) === 'click') this.#click(event, occurrence, since)
    else this.#emit(record, () => plainActivity(event, occurrence, offset + 1))
  }

  #click(event: AdRaw, occurrence: Occurrence, since: RestartPoint): void {
    const { timeMs, record } = occurrence
    const { Ad, User, eventId } = event
    const who = { account: User.account, adId: Ad.ad_id }
    const click: Click = {
      ...{ eventId, timeMs, sentMs: record.timestampMs, isCounted: false },
      ...{ gender: genderOf(User.gender), ageBand: adAgeBandOf(User.age) },
    }
    const changed = this.#chains.add(`${who.account.length} ${who.account} ${who.adId}`, click, since)
    if (!changed) this.#note('refused', record)
    for (const each of changed ?? [click])
      this.#emit(record, () => clickActivity(each, who, { revision: record.offset + 1, isCorrection: each !== click }))
  }

  #minute(minuteMs: number, since: RestartPoint): Minute {
    const known = this.#minutes.get(minuteMs)
    if (known) return known
    const minute = { ids: new IdTable(), since }
    this.#minutes.set(minuteMs, minute)
    return minute
  }

  #emit(record: LogRecord, make: () => Parameters<typeof emitEvent<typeof activity.schema>>[1]): void {
    if (record.offset >= this.#publishFrom) this.#emits.push(emitEvent(activity, make()))
  }

  #note(what: 'late' | 'duplicate' | 'implausible' | 'refused', { offset }: LogRecord): void {
    if (offset >= this.#publishFrom) this.#counts[what]++
  }

  /** Forgets the minutes and clicks that no event can belong to or change any more. */
  #forget(): void {
    const firstMs = minuteOf(this.#progress.watermarkMs - LATENESS_MS - MINUTE_MS) + MINUTE_MS
    this.#chains.forgetBefore(firstMs)
    this.#oldest = this.#chains.since
    for (const [minuteMs, { since }] of this.#minutes)
      if (minuteMs < firstMs) this.#minutes.delete(minuteMs)
      else if (!this.#oldest || since.stateFrom < this.#oldest.stateFrom) this.#oldest = since
  }

  #report(rewind: number): void {
    const { metrics, logger } = this.#parts
    const { topic, partition } = this.#assignment
    const { late, duplicate, implausible, refused } = this.#counts
    this.#counts = { late: 0, duplicate: 0, implausible: 0, refused: 0 }
    if (refused > 0 && !this.#isLimitLogged) logger?.error({ topic, partition, refused }, 'too_many_clicks_of_a_viewer')
    this.#isLimitLogged = refused > 0
    if (!metrics) return
    metrics.late.inc({ topic }, late)
    metrics.duplicates.inc({ topic }, duplicate)
    metrics.implausibleTimes.inc({ topic }, implausible)
    metrics.refused.inc({ topic }, refused)
    metrics.keys.set({ topic, partition }, this.#chains.keys)
    let ids = 0
    for (const minute of this.#minutes.values()) ids += minute.ids.size
    metrics.eventIds.set({ topic, partition }, ids)
    metrics.rewind.set({ topic, partition }, rewind)
  }
}
