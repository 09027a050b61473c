/** Seconds between the knots of each octave of the noise. */
export const PACE_PERIODS = [4, 16, 60] as const
/** Variance of a line between two independent knots of variance 1, on average along it. */
const LINE_VARIANCE = 2 / 3

/** A standard normal number of a knot (hash of 32 bits by T. Mueller, then Box and Muller, 1958). */
function knot(seed: number, octave: number, index: number): number {
  const first = hash(Math.imul(seed ^ Math.imul(octave + 1, 0x9e3779b1), 0x85ebca6b) + index)
  const second = hash(first ^ 0x5bd1e995)
  return Math.sqrt(-2 * Math.log((first + 1) / 4294967297)) * Math.cos(2 * Math.PI * (second / 4294967296))
}

function hash(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * A slow intensity over the time of a match: fights and quiet stretches. Value noise of mean 0 in three octaves, a pure function of
 * its seed, so that all players of a room can follow the same one without sharing anything.
 */
export class Pace {
  readonly #seed: number
  readonly #index = [-1, -1, -1]
  readonly #from = [0, 0, 0]
  readonly #to = [0, 0, 0]

  readonly #swings: readonly number[]

  /** @param swings standard deviation of each octave */
  constructor(seed: number, swings: readonly number[]) {
    this.#seed = seed
    this.#swings = swings
  }

  /** @param seconds since the start of the match, not negative */
  at(seconds: number): number {
    let sum = 0
    for (let octave = 0; octave < PACE_PERIODS.length; octave++) {
      const place = seconds / PACE_PERIODS[octave]!
      const index = Math.floor(place)
      if (index !== this.#index[octave]) {
        this.#index[octave] = index
        this.#from[octave] = knot(this.#seed, octave, index)
        this.#to[octave] = knot(this.#seed, octave, index + 1)
      }
      const from = this.#from[octave]!
      sum += this.#swings[octave]! * (from + (place - index) * (this.#to[octave]! - from))
    }
    return sum / Math.sqrt(LINE_VARIANCE)
  }
}
