const WINDOW_MS = 60_000
/** Game time is told in whole seconds, and a message may be delayed: what differs by more between two actions is a jump, ms. */
const JUMP_MS = 2000
/** What differs by more than this share of the time between two actions is a jump as well: of a clock that runs ahead, and of one that stands. */
const AHEAD_SHARE = 3
const BEHIND_SHARE = 0.6
/** A match that is paused, in which the game time stands still. */
const STOPPED = -0.8
/** Windows agree on a drift when their ratios differ by less than this. */
const AGREEMENT = 0.04

/**
 * How fast the game time runs against the event time, over windows of a minute or more. A jump of either clock, forward or back,
 * begins a new window; a pause shows in one window and not in the next.
 */
export class Drift {
  #fromMs = Number.NaN
  #fromGameMs = 0
  #lastMs = 0
  #lastGameMs = 0
  #before = 0
  /** The drift that the latest two windows agree on, or 0. */
  latest = 0

  /**
   * Works one action in; the drift that its window and the one before it agree on where it ends one, else null.
   * @param sinceMs event time, ms since the segment began
   * @returns |game time ÷ event time − 1|
   */
  add(sinceMs: number, gameMs: number | null): number | null {
    if (gameMs === null) return null
    const elapsedMs = sinceMs - this.#lastMs
    const gameElapsedMs = gameMs - this.#lastGameMs
    this.#lastMs = sinceMs
    this.#lastGameMs = gameMs
    const aheadMs = gameElapsedMs - elapsedMs
    const most = JUMP_MS + (aheadMs > 0 ? AHEAD_SHARE : BEHIND_SHARE) * elapsedMs
    const isJump = gameElapsedMs < 0 || Math.abs(aheadMs) > most
    if (Number.isNaN(this.#fromMs) || isJump) {
      if (isJump) this.#before = 0
      this.latest = 0
      this.#begin(sinceMs, gameMs)
      return null
    }
    if (sinceMs - this.#fromMs < WINDOW_MS) return null
    const drift = (gameMs - this.#fromGameMs) / (sinceMs - this.#fromMs) - 1
    const agreed = Math.abs(drift - this.#before) < AGREEMENT && drift * this.#before > 0
    const smaller = Math.abs(drift) < Math.abs(this.#before) ? drift : this.#before
    this.#before = drift
    this.#begin(sinceMs, gameMs)
    this.latest = agreed && drift >= STOPPED ? Math.abs(smaller) : 0
    return drift < STOPPED ? null : this.latest
  }

  #begin(sinceMs: number, gameMs: number): void {
    this.#fromMs = sinceMs
    this.#fromGameMs = gameMs
  }
}
