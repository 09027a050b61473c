import type { Random } from '@millrace/simulation'
import { APPROACH_MS, type ApproachPoint, MAX_APPROACH_POINTS } from '../../approach.ts'
import type { Trail } from './trail.ts'
import type { Traits } from './traits.ts'

/** How far a sample is from its time at most, ms. */
const SAMPLE_JITTER_MS = 1
/** Share of the approaches in which the pen of a tablet touched down on the way: earlier samples are missing. */
const PEN_DOWN_SHARE = 0.3

const place = { x: 0, y: 0 }

/** Samples the pointer before the actions of a player as the client does. */
export class ApproachRecorder {
  readonly #periodMs: number
  readonly #traits: Traits
  readonly #random: Random

  /** @param hz rate that is asked for; the client may be slower */
  constructor(hz: number, traits: Traits, random: Random) {
    this.#periodMs = 1000 / Math.min(hz, traits.sampleHz)
    this.#traits = traits
    this.#random = random
  }

  /** The pointer of the half second before `atMs`, relative to `at`, px of the view. */
  read(trail: Trail, atMs: number, at: { readonly x: number; readonly y: number }): ApproachPoint[] {
    const random = this.#random
    const { device, lossShare } = this.#traits
    const sinceMs = device === 'tablet' && random.chance(PEN_DOWN_SHARE) ? random.int(100, APPROACH_MS) : APPROACH_MS
    const points: ApproachPoint[] = []
    for (let sample = Math.min(MAX_APPROACH_POINTS, Math.floor(sinceMs / this.#periodMs)); sample > 0; sample--) {
      const beforeMs = Math.round(sample * this.#periodMs) + random.int(-SAMPLE_JITTER_MS, SAMPLE_JITTER_MS)
      if (random.chance(lossShare) || !trail.knows(atMs - beforeMs)) continue
      trail.placeAt(atMs - beforeMs, place)
      points.push([beforeMs, place.x - at.x, place.y - at.y])
    }
    return points
  }
}
