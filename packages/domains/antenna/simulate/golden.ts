import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import { type AntennaRaw, antenna, hourOf } from '../contract.ts'

const WINDOW_MS = 300_000

/** Counts what devices send, by five minutes and by clock hour. */
export class QuotaTally implements GoldenTally {
  /** Bytes and events by window start, type and id. */
  readonly #sums = new Map<string, { windowMs: number; type: string; id: string; value: number; events: number }>()
  readonly #usage = new Map<string, { hourMs: number; id: string; usage: number; events: number }>()
  readonly #quotas: ReadonlyMap<string, number>

  /** @param quotas bytes per clock hour by device */
  constructor(quotas: ReadonlyMap<string, number>) {
    this.#quotas = quotas
  }

  note(record: SimulatedRecord): void {
    if (record.topic !== antenna.topics.raw.name || !isNewEvent(record)) return
    const { bytes, timestamp, app, id, antenna_id: antennaId } = JSON.parse(record.value) as AntennaRaw
    const timeMs = timestamp * 1000
    const windowMs = Math.floor(timeMs / WINDOW_MS) * WINDOW_MS
    this.#add(windowMs, 'app_total_bytes', app, bytes)
    this.#add(windowMs, 'antenna_total_bytes', antennaId, bytes)
    this.#add(windowMs, 'user_total_bytes', id, bytes)
    const hourMs = hourOf(timeMs)
    const key = `${hourMs} ${id}`
    const hour = this.#usage.get(key) ?? { hourMs, id, usage: 0, events: 0 }
    hour.usage += bytes
    hour.events++
    this.#usage.set(key, hour)
  }

  #add(windowMs: number, type: string, id: string, bytes: number): void {
    const key = `${windowMs} ${type} ${id}`
    const sum = this.#sums.get(key) ?? { windowMs, type, id, value: 0, events: 0 }
    sum.value += bytes
    sum.events++
    this.#sums.set(key, sum)
  }

  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    const usage = [...this.#usage.values()].map(({ hourMs, id, usage, events }) => {
      const quota = this.#quotas.get(id) ?? null
      return { hour: hourMs, id, usage, events, quota }
    })
    return {
      antenna_bytes: [...this.#sums.values()].map(({ windowMs, type, id, value, events }) => ({
        timestamp: windowMs,
        type,
        id,
        value,
        events,
      })),
      antenna_usage_hourly: usage.map(({ quota: _, ...row }) => row),
      // Every device has its reference record.
      antenna_unknown_devices: [],
      antenna_quota_breaches: usage.filter(row => row.quota !== null && row.usage > row.quota),
    }
  }
}
