/** What a window needs to know of an entry. */
export interface TimedEntry {
  /** Event time, ms since the epoch. */
  readonly timeMs: number
  readonly eventId: string
}

/** Entries are moved to the front once this many places before them are free. */
const COMPACT_AT = 32

/** A number that is nearly always different for different ids: their end is random whatever the version of the UUID. */
function idTail(eventId: string): number {
  let tail = 0
  for (let i = Math.max(0, eventId.length - 8); i < eventId.length; i++)
    tail = (Math.imul(tail, 31) + eventId.charCodeAt(i)) | 0
  return tail
}

/**
 * The latest events of one key in the order of their event times, whatever the order in which they came; entries of equal
 * time keep the order in which they came. Appending in order and dropping the oldest cost no copies.
 */
export class EventTimeWindow<Entry extends TimedEntry> {
  // Places before #from are free. The tails stand apart so that looking for an id runs over plain small integers.
  readonly #entries: (Entry | undefined)[] = []
  readonly #tails: number[] = []
  #from = 0

  get length(): number {
    return this.#entries.length - this.#from
  }

  /** The entry at `index`, counted from the oldest, or undefined outside of 0 … length − 1. */
  at(index: number): Entry | undefined {
    return index < 0 ? undefined : this.#entries[this.#from + index]
  }

  /** Event time of the newest entry, or -Infinity when there is none. */
  get newestMs(): number {
    return this.at(this.length - 1)?.timeMs ?? Number.NEGATIVE_INFINITY
  }

  has(eventId: string): boolean {
    const tail = idTail(eventId)
    for (let i = this.#tails.length - 1; i >= this.#from; i--)
      if (this.#tails[i] === tail && this.#entries[i]!.eventId === eventId) return true
    return false
  }

  /** Puts the entry in its place and returns its index, counted from the oldest. */
  insert(entry: Entry): number {
    let place = this.#entries.length
    while (place > this.#from && this.#entries[place - 1]!.timeMs > entry.timeMs) place--
    if (place === this.#entries.length) {
      this.#entries.push(entry)
      this.#tails.push(idTail(entry.eventId))
    } else {
      this.#entries.splice(place, 0, entry)
      this.#tails.splice(place, 0, idTail(entry.eventId))
    }
    return place - this.#from
  }

  /** Forgets the entries that are older than `timeMs` and returns how many they were. */
  dropBefore(timeMs: number): number {
    const before = this.#from
    while (this.#from < this.#entries.length && this.#entries[this.#from]!.timeMs < timeMs)
      this.#entries[this.#from++] = undefined
    const dropped = this.#from - before
    if (this.#from >= COMPACT_AT && this.#from * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#from)
      this.#tails.splice(0, this.#from)
      this.#from = 0
    }
    return dropped
  }
}
