import type { Move } from '../../steps/read-move.ts'

/** A longer pause begins a new segment, ms. */
const PAUSE_MS = 180_000
/** A segment ends with each quarter of an hour of event time, whatever happens, so that it depends on a bounded part of the log. */
const SEGMENT_MS = 900_000

interface Segment {
  /** Offset from which replaying gives the segment again. */
  readonly from: number
  endMs: number
}

/**
 * Cuts a player's moves into segments: by match, by pause, and by the quarters of an hour of event time. Where a segment begins does
 * not depend on where reading began, as long as the newest move before it is read.
 */
export class Segments {
  readonly #keepMs: number
  readonly #kept: Segment[] = []
  #roomID: string | undefined
  #newestAt = 0
  newestMs = Number.NEGATIVE_INFINITY
  /** Event time of the beginning of the segment's quarter of an hour, ms. */
  startMs = 0

  /** @param keepMs what came this long before the newest move is still depended on */
  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  get dependsFrom(): number {
    return this.#kept[0]?.from ?? Number.POSITIVE_INFINITY
  }

  get roomID(): string | undefined {
    return this.#roomID
  }

  /** Whether a move belongs to a segment that has ended. */
  isBehind({ timeMs, roomID }: Move): boolean {
    return timeMs < this.newestMs && (roomID !== this.#roomID || timeMs < this.startMs)
  }

  /** Takes the next move, which is not behind; what it begins. */
  enter({ timeMs, roomID }: Move, offset: number): 'match' | 'segment' | null {
    const isFirst = this.#kept.length === 0
    const isMatch = isFirst || roomID !== this.#roomID
    const startMs = Math.floor(timeMs / SEGMENT_MS) * SEGMENT_MS
    const begins = isMatch || startMs !== this.startMs || timeMs - this.newestMs > PAUSE_MS
    if (begins) {
      // The newest move before it says that a segment begins here, and which moves are behind.
      this.#kept.push({ from: isFirst ? offset : this.#newestAt, endMs: timeMs })
      this.#roomID = roomID
      this.startMs = startMs
    }
    if (timeMs >= this.newestMs) {
      this.newestMs = timeMs
      this.#newestAt = offset
      this.#kept.at(-1)!.endMs = timeMs
    }
    while (this.#kept[0]!.endMs < this.newestMs - this.#keepMs) this.#kept.shift()
    return isMatch ? 'match' : begins ? 'segment' : null
  }
}
