import { IdTable } from '@millrace/stream'

/** Ids are kept in so many tables, each of which is dropped whole. */
const TABLES = 4

interface Span {
  readonly index: number
  readonly ids: IdTable
  /** Offset of the first record with an id of this table. */
  readonly since: number
}

/**
 * Ids of the latest events by times of sending: an event that is sent again within the time is known, whatever its event time. Each
 * copy counts, so that reading again from `dependsFrom` gives the same answers.
 */
export class RecentIds {
  readonly #widthMs: number
  /** The oldest first. */
  #spans: Span[] = []

  /** @param keepMs how long an id is remembered at least, since it was last sent; at most a quarter longer */
  constructor(keepMs: number) {
    this.#widthMs = keepMs / TABLES
  }

  /** Ids in memory. */
  get size(): number {
    return this.#spans.reduce((sum, { ids }) => sum + ids.size, 0)
  }

  /** The offset from which reading again gives these ids; Infinity when there are none. */
  get dependsFrom(): number {
    return this.#spans[0]?.since ?? Number.POSITIVE_INFINITY
  }

  /**
   * Notes an id; false where it is known.
   * @param sentMs never less than before
   */
  note(id: string, sentMs: number, offset: number): boolean {
    const index = Math.floor(sentMs / this.#widthMs)
    let newest = this.#spans.at(-1)
    if (newest?.index !== index) {
      newest = { index, ids: new IdTable(), since: offset }
      this.#spans = [...this.#spans.filter(span => span.index >= index - TABLES), newest]
    }
    const isNew = newest.ids.putIfAbsent(id, 0) === null
    return isNew && !this.#spans.some(({ ids }) => ids !== newest.ids && ids.get(id) !== null)
  }
}
