import type { Approach } from '@millrace/domains/lol/approach'
import { type MeasuredApproach, measureApproach, type UnknownApproach } from './measure-approach.ts'

/** Ways of the latest approaches by which the usual one is known. */
const WAYS = 31
const LEAST_WAYS = 8
/** An approach of less than this share of the usual way is no stroke. */
const REST_SHARE = 0.15
/** Bits of the latest approaches that say which were interpolated. */
const RECENT = 31
const RECENT_MASK = 2 ** RECENT - 1

const sorted: number[] = []

function medianOf(values: readonly number[]): number {
  sorted.length = 0
  for (const value of values) {
    let place = sorted.length
    sorted.push(value)
    for (; place > 0 && sorted[place - 1]! > value; place--) sorted[place] = sorted[place - 1]!
    sorted[place] = value
  }
  return sorted[sorted.length >> 1]!
}

function bitsIn(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}

const PLACES = 1e6

/** The features of `aimFeatures`, to millionths: a value on the edge of a bin is in the same bin in every unit of the coordinates. */
export const featuresOf = ({ features, way }: MeasuredApproach, usual: number): readonly number[] =>
  [...features, Math.log2(way / usual)].map(value => Math.round(value * PLACES) / PLACES)

/** Whether a way is too short against the usual one to be a stroke. */
export const isRest = (way: number, usual: number): boolean => way < REST_SHARE * usual

/**
 * What is known of a player's aim: the usual length of an approach, which stands for the unit of the coordinates, and whether the
 * samples come from an interpolated recording. Both are of the latest approaches.
 */
export class Aim {
  readonly #ways: number[] = []
  #next = 0
  #interpolated = 0
  #seen = 0

  /** Median way of the latest approaches; null where they are too few. */
  get usualWay(): number | null {
    return this.#ways.length < LEAST_WAYS ? null : medianOf(this.#ways)
  }

  /** The features of `aimFeatures`, or why there are none. */
  measure(approach: Approach | undefined): readonly number[] | UnknownApproach {
    const measured = measureApproach(approach)
    if (typeof measured === 'string') return measured
    const { way, isInterpolated } = measured
    const usual = this.usualWay
    this.#ways[this.#next] = way
    this.#next = (this.#next + 1) % WAYS
    this.#interpolated = ((this.#interpolated << 1) | (isInterpolated ? 1 : 0)) & RECENT_MASK
    this.#seen = Math.min(this.#seen + 1, RECENT)
    if (usual === null) return 'warm-up'
    if (isRest(way, usual)) return 'rest'
    // A program that draws every stroke draws lines without corners, which are not taken for interpolated.
    if (bitsIn(this.#interpolated) * 2 > this.#seen) return 'interpolated'
    return featuresOf(measured, usual)
  }
}
