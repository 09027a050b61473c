/** What a heap keeps. */
export interface HeapEntry {
  /** Place in the heap; set by the heap, -1 outside of it. */
  place: number
}

/** A binary heap whose entries can be moved and removed wherever they are. Each entry is in it once, however often its order changes. */
export class MovableHeap<Entry extends HeapEntry> {
  readonly #isBefore: (a: Entry, b: Entry) => boolean
  readonly #heap: Entry[] = []

  /** @param isBefore a total order of the entries */
  constructor(isBefore: (a: Entry, b: Entry) => boolean) {
    this.#isBefore = isBefore
  }

  get first(): Entry | undefined {
    return this.#heap[0]
  }

  /** Puts an entry where it belongs, whether or not it is in the heap. */
  put(entry: Entry): void {
    if (entry.place === -1) entry.place = this.#heap.push(entry) - 1
    this.#lift(entry)
    this.#sink(entry)
  }

  /** Takes an entry out that is in the heap. */
  remove(entry: Entry): void {
    const { place } = entry
    const last = this.#heap.pop()!
    entry.place = -1
    if (last === entry) return
    this.#set(last, place)
    this.#lift(last)
    this.#sink(last)
  }

  #lift(entry: Entry): void {
    for (let { place } = entry; place > 0; place = entry.place) {
      const above = this.#heap[(place - 1) >> 1]!
      if (!this.#isBefore(entry, above)) return
      this.#set(entry, above.place)
      this.#set(above, place)
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const { place } = entry
      const left = this.#heap[2 * place + 1]
      const right = this.#heap[2 * place + 2]
      const below = left && right && this.#isBefore(right, left) ? right : left
      if (!below || !this.#isBefore(below, entry)) return
      this.#set(entry, below.place)
      this.#set(below, place)
    }
  }

  #set(entry: Entry, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }
}
