import { isPlausibleEventTime } from '@millrace/contracts'

/** An event may pull the watermark at most this far past the moment at which it was sent. */
export const WATERMARK_AHEAD_MS = 60_000

/** How far a partition has come, as a pure function of the records before an offset. Both times only grow. */
export interface Progress {
  /** Newest plausible event time, ms; -Infinity before the first. */
  readonly watermarkMs: number
  /** Newest time of sending, ms; -Infinity before the first. */
  readonly sentMs: number
}

export const NO_PROGRESS: Progress = {
  watermarkMs: Number.NEGATIVE_INFINITY,
  sentMs: Number.NEGATIVE_INFINITY,
}

export function advance(progress: Progress, eventTimeMs: number, sentMs: number): Progress {
  const plausibleMs = isPlausibleEventTime(eventTimeMs, sentMs)
    ? Math.min(eventTimeMs, sentMs + WATERMARK_AHEAD_MS)
    : Number.NEGATIVE_INFINITY
  if (plausibleMs <= progress.watermarkMs && sentMs <= progress.sentMs) return progress
  return { watermarkMs: Math.max(progress.watermarkMs, plausibleMs), sentMs: Math.max(progress.sentMs, sentMs) }
}

/** Where to begin reading again, and how far the partition had come there. */
export interface RestartPoint {
  readonly stateFrom: number
  readonly progress: Progress
}

const VERSION = 'k1'
const timeText = (ms: number): string => (ms === Number.NEGATIVE_INFINITY ? '-' : String(ms))
const timeOf = (text: string | undefined): number =>
  text === '-' ? Number.NEGATIVE_INFINITY : /^-?\d+$/.test(text ?? '') ? Number(text) : Number.NaN

/** The restart point as the short text that is committed beside an offset: `k1 <stateFrom> <watermark> <sent>`, `-` for no time. */
export const encodeRestartPoint = ({ stateFrom, progress }: RestartPoint): string =>
  `${VERSION} ${stateFrom} ${timeText(progress.watermarkMs)} ${timeText(progress.sentMs)}`

/** The restart point of a committed text, or null when it is not one (another version, a position set by hand). */
export function decodeRestartPoint(metadata: string): RestartPoint | null {
  const [version, from, watermark, sent, ...rest] = metadata.split(' ')
  const stateFrom = Number(from)
  const progress = { watermarkMs: timeOf(watermark), sentMs: timeOf(sent) }
  const isRead = Number.isSafeInteger(stateFrom) && !Number.isNaN(progress.watermarkMs + progress.sentMs)
  return version === VERSION && rest.length === 0 && isRead && stateFrom >= 0 ? { stateFrom, progress } : null
}

const MAX_MARKS = 1024

/** Remembers how far the partition had come at some offsets, so that a restart point can be given for (at or before) any of them. */
export class ProgressMarks {
  readonly #leastEvery: number
  #marks: RestartPoint[]
  #every: number
  #sinceLast = 0

  /** @param every records between two marks, as long as that does not make too many */
  constructor(first: RestartPoint, every: number) {
    this.#marks = [first]
    this.#leastEvery = every
    this.#every = every
  }

  /** Called for each record before it counts. */
  pass(offset: number, progress: Progress): void {
    if (++this.#sinceLast < this.#every) return
    this.#sinceLast = 0
    this.#marks.push({ stateFrom: offset, progress })
    if (this.#marks.length < MAX_MARKS) return
    // The span to remember is long: every second mark will do.
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0)
    this.#every *= 2
  }

  /** Forgets what lies before the newest mark at or before `offset`. */
  dropBefore(offset: number): void {
    let first = 0
    while (first + 1 < this.#marks.length && this.#marks[first + 1]!.stateFrom <= offset) first++
    if (first > 0) this.#marks.splice(0, first)
    if (this.#marks.length < MAX_MARKS / 4) this.#every = this.#leastEvery
  }

  get oldest(): RestartPoint {
    return this.#marks[0]!
  }
}
