/** A key that is held repeats at about 30 ms: what follows sooner than this is the same press. */
const REPEAT_MS = 60
/** Gaps of one run of presses. */
const RUN = 8
const LONGEST_GAP_MS = 1500
/** A gap that differs from the mean of the run by more than this share ends it. */
const MOST_DIFFERENCE = 0.25
/** Differences of gaps that no clock of whole frames makes, ms. */
const FINE_FROM_MS = 2
const FINE_TO_MS = 13
const LEAST_FINE = 3

/**
 * How even a player's presses are: the coefficient of variation of runs of eight similar gaps. A clock that counts in frames makes
 * even gaps of uneven ones, so runs say nothing until gaps have shown differences of a few ms.
 */
export class Rhythm {
  readonly #gaps: number[] = []
  #lastGapMs = 0
  #fine = 0

  /** Gaps of the run that goes on. */
  get run(): number {
    return this.#gaps.length
  }

  /**
   * Works one press in; the spread of the run that it ends, or null.
   * @param gapMs since the press before it
   */
  add(gapMs: number): number | null {
    const gaps = this.#gaps
    if (gapMs < REPEAT_MS) return null
    const difference = Math.abs(gapMs - this.#lastGapMs)
    if (difference >= FINE_FROM_MS && difference <= FINE_TO_MS && this.#fine < LEAST_FINE) this.#fine++
    this.#lastGapMs = Math.min(gapMs, LONGEST_GAP_MS)
    let sum = 0
    for (const gap of gaps) sum += gap
    const isAlike = Math.abs(gapMs * gaps.length - sum) <= MOST_DIFFERENCE * sum
    if (gapMs > LONGEST_GAP_MS || !isAlike) gaps.length = 0
    if (gapMs > LONGEST_GAP_MS) return null
    gaps.push(gapMs)
    if (gaps.length < RUN) return null
    const spread = spreadOf(gaps)
    gaps.length = 0
    return this.#fine >= LEAST_FINE ? spread : null
  }
}

/** Standard deviation ÷ mean. */
export function spreadOf(gaps: readonly number[]): number {
  let sum = 0
  for (const gap of gaps) sum += gap
  const mean = sum / gaps.length
  let squares = 0
  for (const gap of gaps) squares += (gap - mean) ** 2
  return Math.sqrt(squares / (gaps.length - 1)) / mean
}
