import { IdTable } from './id-table.ts'

interface Bucket {
  /** Offset at which an id was first seen, counted from `since`. */
  readonly offsets: IdTable
  readonly since: number
  touchedMs: number
}

/** The ids of the latest events, in buckets of event time that are dropped whole. */
export class SeenIds {
  readonly #widthMs: number
  readonly #buckets = new Map<number, Bucket>()

  constructor(widthMs: number) {
    this.#widthMs = Math.max(1, widthMs)
  }

  /** Ids in memory. */
  get size(): number {
    let size = 0
    for (const { offsets } of this.#buckets.values()) size += offsets.size
    return size
  }

  /** Notes an id; returns the offset at which it was first seen, or null when this is the first time. */
  note(
    id: string,
    at: { readonly eventTimeMs: number; readonly offset: number; readonly touchedMs: number },
    isExpired: (newestMs: number, touchedMs: number) => boolean,
  ): number | null {
    const { eventTimeMs, offset, touchedMs } = at
    const index = Math.floor(eventTimeMs / this.#widthMs)
    let bucket = this.#buckets.get(index)
    if (!bucket || isExpired(this.#endOf(index), bucket.touchedMs)) {
      bucket = { offsets: new IdTable(), since: offset, touchedMs }
      this.#buckets.set(index, bucket)
    }
    bucket.touchedMs = touchedMs
    const first = bucket.offsets.putIfAbsent(id, offset - bucket.since)
    return first === null ? null : bucket.since + first
  }

  /** Frees the buckets that have expired; returns the lowest offset that the others depend on, Infinity when there is none. */
  sweep(isExpired: (newestMs: number, touchedMs: number) => boolean): number {
    let since = Number.POSITIVE_INFINITY
    for (const [index, bucket] of this.#buckets) {
      if (isExpired(this.#endOf(index), bucket.touchedMs)) this.#buckets.delete(index)
      else since = Math.min(since, bucket.since)
    }
    return since
  }

  #endOf(index: number): number {
    return (index + 1) * this.#widthMs
  }
}
