/** What a window needs to know of an entry. */
export interface TimedEntry {
  /** Event time, ms since the epoch. */
  readonly timeMs: number
}

export interface EventTimeWindowOptions {
  /** Entries that are older than the newest by more than this are forgotten. */
  readonly keepMs: number
  /**
   * Nothing that is kept depends on an event that is older than the newest by more than this; at least `keepMs`, and more where
   * an entry holds what was worked out from entries before it.
   */
  readonly dependsMs?: number
}

/** Entries are moved to the front once this many places before them are free. */
const COMPACT_AT = 32
/** In place of an offset. Not Infinity, which would be an object of its own in every window. */
const NONE = -1

/**
 * The latest events of one key in the order of their event times, whatever the order in which they came; entries of equal
 * time keep the order in which they came. Adding in order and forgetting the oldest cost no copies.
 */
export class EventTimeWindow<Entry extends TimedEntry> {
  readonly #keepMs: number
  readonly #dependsMs: number
  /** Places before #from are free. */
  readonly #entries: (Entry | undefined)[] = []
  #from = 0
  // What came before #sinceOffset was at most as new as #sinceMs, and the same for the next such mark.
  #sinceOffset = NONE
  #nextOffset = NONE
  #nextMs = Number.NEGATIVE_INFINITY

  constructor({ keepMs, dependsMs = keepMs }: EventTimeWindowOptions) {
    this.#keepMs = keepMs
    this.#dependsMs = Math.max(keepMs, dependsMs)
  }

  get length(): number {
    return this.#entries.length - this.#from
  }

  /** The entry at `index`, counted from the oldest, or undefined outside of 0 … length − 1. */
  at(index: number): Entry | undefined {
    return index < 0 ? undefined : this.#entries[this.#from + index]
  }

  /** Event time of the newest entry, or -Infinity when there is none. */
  get newestMs(): number {
    return this.#entries.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY
  }

  /** An offset of the log from which replaying gives everything that is kept again; Infinity when nothing is. */
  get dependsFrom(): number {
    return this.#sinceOffset === NONE ? Number.POSITIVE_INFINITY : this.#sinceOffset
  }

  /**
   * Puts an entry in its place, forgets what is too old, and returns the entry's index, counted from the oldest; an entry that is
   * itself too old to be kept gets -1.
   * @param offset offset of the record that the entry was made from; it grows from call to call
   */
  insert(entry: Entry, offset: number): number {
    const entries = this.#entries
    let place = entries.length
    while (place > this.#from && entries[place - 1]!.timeMs > entry.timeMs) place--
    if (place === entries.length) entries.push(entry)
    else entries.splice(place, 0, entry)
    const index = place - this.#from - this.#forget()
    this.#mark(offset)
    return Math.max(index, -1)
  }

  /** Forgets the entries that are too old and returns how many they were. */
  #forget(): number {
    const entries = this.#entries
    const keptFromMs = this.newestMs - this.#keepMs
    const before = this.#from
    while (entries[this.#from]!.timeMs < keptFromMs) entries[this.#from++] = undefined
    const forgotten = this.#from - before
    if (this.#from >= COMPACT_AT && this.#from * 2 >= entries.length) {
      entries.splice(0, this.#from)
      this.#from = 0
    }
    return forgotten
  }

  #mark(offset: number): void {
    if (this.#sinceOffset === NONE) this.#sinceOffset = offset
    const { newestMs } = this
    if (newestMs - this.#nextMs <= this.#dependsMs) return
    if (this.#nextMs !== Number.NEGATIVE_INFINITY) this.#sinceOffset = this.#nextOffset
    this.#nextOffset = offset
    this.#nextMs = newestMs
  }
}
