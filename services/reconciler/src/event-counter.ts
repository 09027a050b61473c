import type { Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { recordId, storedTimeMs } from './record-id.ts'

const DAY_MS = 86_400_000

/** Ids that are remembered at least; a retry of a sender comes long before so many other events. */
const REMEMBERED = 50_000

type Offsets = ReadonlyMap<number, number>

/** Counts the distinct events of a topic as the log grows; an event that comes again after many others counts again. */
export class EventCounter {
  readonly #log: EventLog
  readonly #topic: Topic
  readonly #counts: (partition: number, offset: number) => boolean
  readonly #next: Map<number, number>
  /** Distinct events by UTC day of their event time, where the days are wanted; those without one are of the first day. */
  readonly #byDay: Map<number, number> | null
  #recent = new Set<string>()
  #older = new Set<string>()
  events = 0
  /** Records of events that are counted already. */
  repeats = 0

  /**
   * @param from first offset by partition; 0 where left out
   * @param counts whether a record counts
   * @param byDay whether `upTo` is to be known
   */
  constructor(
    log: EventLog,
    topic: Topic,
    {
      from,
      counts,
      byDay = false,
    }: {
      readonly from: Offsets
      readonly counts: (partition: number, offset: number) => boolean
      readonly byDay?: boolean
    },
  ) {
    this.#log = log
    this.#topic = topic
    this.#counts = counts
    this.#next = new Map(from)
    this.#byDay = byDay ? new Map() : null
  }

  /** The counted events whose event time may be this one or earlier, in ms since the epoch: whole days are counted. */
  upTo(timeMs: number): number {
    let events = 0
    for (const [day, counted] of this.#byDay ?? []) if (day * DAY_MS <= timeMs) events += counted
    return events
  }

  /** Whether the log no longer has records that were not counted yet. */
  async hasLost(): Promise<boolean> {
    const ranges = await this.#log.range(this.#topic.name)
    return ranges.some(({ partition, earliest }) => earliest > (this.#next.get(partition) ?? 0))
  }

  /** Counts up to these ends; answers how many records were read for it. */
  async advance(ends: Offsets, signal: AbortSignal): Promise<number> {
    let records = 0
    for (const [partition, end] of ends) {
      const from = this.#next.get(partition) ?? 0
      if (from >= end) continue
      for await (const batch of this.#log.read(this.#topic.name, partition, from, end)) {
        signal.throwIfAborted()
        for (const record of batch) {
          const { offset } = record
          this.#next.set(partition, offset + 1)
          records++
          if (!this.#counts(partition, offset)) continue
          if (!this.#isNew(recordId(this.#topic, partition, record))) {
            this.repeats++
            continue
          }
          this.events++
          if (this.#byDay) {
            const day = Math.floor((storedTimeMs(this.#topic, record.value) ?? 0) / DAY_MS)
            this.#byDay.set(day, (this.#byDay.get(day) ?? 0) + 1)
          }
        }
      }
      this.#next.set(partition, end)
    }
    return records
  }

  #isNew(id: string): boolean {
    if (this.#recent.has(id) || this.#older.has(id)) return false
    this.#recent.add(id)
    if (this.#recent.size > REMEMBERED) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    return true
  }
}
