import type { LogRecord } from '@millrace/event-log'

export interface WaitingEvent<Event> {
  readonly record: LogRecord
  readonly event: Event
  /** By table: the key of the row that it needs. */
  readonly keys: readonly string[]
}

/** The events of one partition that wait for rows, the oldest first, and found by the rows that they need. */
export class WaitingEvents<Event> {
  readonly #events = new Map<number, WaitingEvent<Event>>()
  /** By table and key: offsets of the events that need the row. */
  readonly #offsets: readonly Map<string, Set<number>>[]

  constructor(tables: number) {
    this.#offsets = Array.from({ length: tables }, () => new Map())
  }

  get size(): number {
    return this.#events.size
  }

  get oldest(): WaitingEvent<Event> | undefined {
    return this.#events.values().next().value
  }

  [Symbol.iterator](): IterableIterator<WaitingEvent<Event>> {
    return this.#events.values()
  }

  get(offset: number): WaitingEvent<Event> | undefined {
    return this.#events.get(offset)
  }

  /** Offsets of the events that need the row. */
  needing(table: number, key: string): Iterable<number> {
    return this.#offsets[table]!.get(key) ?? []
  }

  /** To be called in offset order. */
  add(waiting: WaitingEvent<Event>): void {
    const { offset } = waiting.record
    this.#events.set(offset, waiting)
    for (const [table, key] of waiting.keys.entries()) {
      const offsets = this.#offsets[table]!.get(key) ?? new Set()
      this.#offsets[table]!.set(key, offsets.add(offset))
    }
  }

  remove({ record: { offset }, keys }: WaitingEvent<Event>): void {
    this.#events.delete(offset)
    for (const [table, key] of keys.entries()) {
      const offsets = this.#offsets[table]!.get(key)
      offsets?.delete(offset)
      if (offsets?.size === 0) this.#offsets[table]!.delete(key)
    }
  }
}
