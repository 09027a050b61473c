const BUCKET_MS = 1000
const BUCKETS = 5
const WINDOW_SECONDS = (BUCKETS * BUCKET_MS) / 1000
/** Clicks per second over 5 s, in buckets of a second. */
export class Tempo {
  /** Of the bucket that fills, and the five before it, newest first. */
  readonly #counts = Array.from({ length: BUCKETS + 1 }, () => 0)
  #bucket = Number.NaN

  /** Clicks per second of the latest buckets, the one that fills among them. */
  get latest(): number {
    let total = 0
    for (let n = 0; n < BUCKETS; n++) total += this.#counts[n]!
    return total / WINDOW_SECONDS
  }

  /**
   * Works one click in; the rate of the 5 s before its bucket where it is the first of a bucket, else null.
   * @param sinceMs ms of the segment
   */
  add(sinceMs: number): number | null {
    const counts = this.#counts
    const bucket = Math.floor(sinceMs / BUCKET_MS)
    const ahead = Number.isNaN(this.#bucket) ? 0 : bucket - this.#bucket
    if (ahead > BUCKETS) counts.fill(0)
    else
      for (let n = 0; n < ahead; n++) {
        counts.pop()
        counts.unshift(0)
      }
    if (ahead > 0 || Number.isNaN(this.#bucket)) this.#bucket = bucket
    let total = 0
    if (ahead > 0) for (let n = 1; n <= BUCKETS; n++) total += counts[n]!
    counts[0]!++
    return ahead > 0 ? total / WINDOW_SECONDS : null
  }
}
