import { isPlausibleEventTime } from '@millrace/contracts'
import { advance, encodeRestartState, IdTable, NO_PROGRESS, type Progress, restartFrom } from '@millrace/stream'
import { addBytes, hourOf } from '../contract.ts'

export const HOUR_MS = 3_600_000
/** How long after its end an hour still counts events: as long as antenna.usage does. */
export const GRACE_MS = HOUR_MS

/** One event of antenna.raw, as far as usage is concerned. */
export interface SentBytes {
  readonly eventId: string
  readonly id: string
  readonly bytes: number
  readonly timeMs: number
  /** When it was sent, ms since the epoch. */
  readonly sentMs: number
  readonly offset: number
}

/** What a device sent in one clock hour. */
export interface HourUsage {
  readonly id: string
  readonly hourMs: number
  /** Event time of the first event that was counted. */
  readonly firstMs: number
  /** Offset of the first event of the hour, of any device. */
  readonly hourSince: number
  bytes: number
  events: number
  /** The event that was counted last. */
  last: Pick<SentBytes, 'eventId' | 'timeMs' | 'offset'>
}

interface OpenHour<Usage> {
  readonly hourMs: number
  /** Offset of its first event, and how far the partition had come before. */
  readonly since: number
  readonly before: Progress
  /** What `note` said when it was opened. */
  readonly note: string
  readonly ids: IdTable
  readonly devices: Map<string, Usage>
}

/** What an event was to its hour; the usage where it was counted. */
export type Counted<Usage> = Usage | 'duplicate' | 'late' | 'implausible'

/**
 * The clock hours of one partition that still count events, by device: a function of the partition's log. An hour is over when the
 * watermark of the partition has passed its end by the grace. A restart reads from the first event of the oldest open hour.
 */
export class OpenHours<Usage extends HourUsage> {
  readonly #newUsage: (usage: HourUsage) => Usage
  readonly #note: () => string
  readonly #hours = new Map<number, OpenHour<Usage>>()
  #progress: Progress = NO_PROGRESS
  #newestHourMs = Number.NEGATIVE_INFINITY
  /** Hours up to this one lack records that retention took: what was published of them stays. */
  #lostUpToMs = Number.NEGATIVE_INFINITY
  #closed: OpenHour<Usage>[] = []

  /** @param note a short text that is committed with an hour as it was when the hour was opened */
  constructor(newUsage: (usage: HourUsage) => Usage, note: () => string) {
    this.#newUsage = newUsage
    this.#note = note
  }

  /** Begins where a position was committed. `note` is that of the oldest open hour, or null where there is none. */
  restart(at: Parameters<typeof restartFrom>[0]) {
    const [text = '', note = null] = at.committed?.metadata.split('|') ?? []
    const committed = at.committed && { ...at.committed, metadata: text }
    const { readFrom, publishFrom, state, lostUpToMs } = restartFrom({ ...at, committed })
    this.#progress = state.progress
    this.#newestHourMs = state.newestWindowMs
    this.#lostUpToMs = lostUpToMs
    return { readFrom, publishFrom, note, isIncomplete: lostUpToMs > Number.NEGATIVE_INFINITY }
  }

  /** What is committed beside `next`, the offset of the next record. */
  restartText(next: number): { readonly text: string; readonly stateFrom: number } {
    let oldest: OpenHour<Usage> | null = null
    for (const hour of this.#hours.values()) if (!oldest || hour.since < oldest.since) oldest = hour
    const stateFrom = oldest?.since ?? next
    const progress = oldest?.before ?? this.#progress
    const state = encodeRestartState({
      stateFrom,
      progress,
      newestWindowMs: this.#newestHourMs,
      lostUpToMs: this.#lostUpToMs,
    })
    return { text: `${state}|${oldest?.note ?? this.#note()}`, stateFrom }
  }

  get deviceHours(): number {
    return this.#sum(({ devices }) => devices.size)
  }

  get eventIds(): number {
    return this.#sum(({ ids }) => ids.size)
  }

  #sum(sizeOf: (hour: OpenHour<Usage>) => number): number {
    let sum = 0
    for (const hour of this.#hours.values()) sum += sizeOf(hour)
    return sum
  }

  /** The usages of the open hours, of one device or of all. */
  *usages(id?: string): Generator<Usage> {
    for (const { devices } of this.#hours.values())
      if (id === undefined) yield* devices.values()
      else {
        const usage = devices.get(id)
        if (usage) yield usage
      }
  }

  get hasClosed(): boolean {
    return this.#closed.length > 0
  }

  /** Usages of the hours that were closed since the last call. */
  takeClosed(): Usage[] {
    const closed = this.#closed
    this.#closed = []
    return closed.flatMap(({ devices }) => [...devices.values()])
  }

  /** Whether the hour counts nothing more. */
  isOver(hourMs: number): boolean {
    return hourMs + HOUR_MS + GRACE_MS <= this.#progress.watermarkMs || hourMs <= this.#lostUpToMs
  }

  /** To be called once for every event, in offset order. */
  count(event: SentBytes): Counted<Usage> {
    const { timeMs, sentMs } = event
    const hourMs = hourOf(timeMs)
    const before = this.#progress
    const isOver = this.isOver(hourMs)
    this.#progress = advance(before, timeMs, sentMs)
    const counted = !isPlausibleEventTime(timeMs, sentMs)
      ? 'implausible'
      : isOver
        ? 'late'
        : this.#add(hourMs, event, before)
    if (this.#progress.watermarkMs > before.watermarkMs) this.#close()
    return counted
  }

  #add(hourMs: number, { eventId, id, bytes, timeMs, offset }: SentBytes, before: Progress): Usage | 'duplicate' {
    let hour = this.#hours.get(hourMs)
    if (!hour) {
      hour = { hourMs, since: offset, before, note: this.#note(), ids: new IdTable(), devices: new Map() }
      this.#hours.set(hourMs, hour)
      this.#newestHourMs = Math.max(this.#newestHourMs, hourMs)
    }
    if (hour.ids.putIfAbsent(eventId, 0) !== null) return 'duplicate'
    const last = { eventId, timeMs, offset }
    let usage = hour.devices.get(id)
    if (!usage) {
      usage = this.#newUsage({ id, hourMs, firstMs: timeMs, hourSince: hour.since, bytes: 0, events: 0, last })
      hour.devices.set(id, usage)
    }
    usage.bytes = addBytes(usage.bytes, bytes)
    usage.events++
    usage.last = last
    return usage
  }

  #close(): void {
    for (const [hourMs, hour] of this.#hours) {
      if (!this.isOver(hourMs)) continue
      this.#hours.delete(hourMs)
      this.#closed.push(hour)
    }
  }
}
