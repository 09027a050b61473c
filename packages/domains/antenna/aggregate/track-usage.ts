import { hourOf } from '../contract.ts'

const HOUR_MS = 3_600_000

/** What a device sent in one clock hour. */
export interface HourUsage {
  readonly hourMs: number
  /** Offset of the first event of the hour. */
  readonly since: number
  bytes: number
  events: number
  /** Whether it was said that there is no reference record of the device. */
  isReported: boolean
  /** The event that was counted last. */
  last: { readonly eventId: string; readonly timeMs: number; readonly offset: number }
  /** The event with which the usage exceeded the quota, and the bytes with it. */
  crossing: { readonly eventId: string; readonly timeMs: number; readonly bytes: number } | null
}

/** The last clock hours of one device: as many as late events can still change. */
export class DeviceUsage {
  readonly #hours = new Map<number, HourUsage>()
  readonly #keepMs: number
  #newestMs = Number.NEGATIVE_INFINITY

  /** @param allowedLatenessMs how long after its end an hour still counts events */
  constructor(allowedLatenessMs: number) {
    this.#keepMs = HOUR_MS + allowedLatenessMs
  }

  /** Offset from which replaying gives this state again. */
  get dependsFrom(): number {
    let from = Number.POSITIVE_INFINITY
    for (const { since } of this.#hours.values()) from = Math.min(from, since)
    return from
  }

  /** Adds an event to its hour; null where the hour is over for longer than the allowed lateness. */
  add(
    { eventId, bytes, timeMs }: { readonly eventId: string; readonly bytes: number; readonly timeMs: number },
    offset: number,
  ): HourUsage | null {
    if (timeMs > this.#newestMs) {
      this.#newestMs = timeMs
      for (const hourMs of this.#hours.keys()) if (this.#isOver(hourMs)) this.#hours.delete(hourMs)
    }
    const hourMs = hourOf(timeMs)
    if (this.#isOver(hourMs)) return null
    const last = { eventId, timeMs, offset }
    const usage = this.#hours.get(hourMs) ?? {
      ...{ hourMs, since: offset, bytes: 0, events: 0, isReported: false, last, crossing: null },
    }
    this.#hours.set(hourMs, usage)
    usage.bytes += bytes
    usage.events++
    usage.last = last
    return usage
  }

  #isOver(hourMs: number): boolean {
    return hourMs + this.#keepMs <= this.#newestMs
  }
}
