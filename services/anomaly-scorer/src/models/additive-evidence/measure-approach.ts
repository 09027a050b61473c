import type { Approach } from '@millrace/domains/lol/approach'

/** Shape features of an approach. Each is a ratio or an angle, so that none depends on the unit of the coordinates. */
export const approachFeatures = [
  'straightness',
  'lateStraightness',
  'speedSpread',
  'lastToPeakSpeed',
  'centreOfWay',
  'turning',
  'jerk',
  'lastStepShare',
  'lastTurn',
  'lastSpeed',
] as const
export type ApproachFeature = (typeof approachFeatures)[number]

/** Why an approach says nothing. */
export type UnknownApproach = 'no-path' | 'thin' | 'rest' | 'interpolated' | 'warm-up'

export interface MeasuredApproach {
  /** Length of the way of the last half second, map units. */
  readonly way: number
  /** In the order of `approachFeatures`. */
  readonly features: readonly number[]
  /** The samples lie on straight lines between others, as those of a recording that was interpolated do. */
  readonly isInterpolated: boolean
}

/** The part of an approach that is measured, ms before the action. */
const SPAN_MS = 500
const LEAST_SPAN_MS = 400
const LEAST_SAMPLES = 6
/** 16 Hz, with a sampling that is late by a third of its period. */
const LONGEST_GAP_MS = 85
/** Every approach is measured at the same points, whatever its sampling: steps of a sixteenth of a second. */
const STEPS = 8
/** A step that is shorter than this share of the way has no direction. */
const SHORT_STEP = 0.01
/** A sample is on the line of its neighbours where it is off by less than this share of a step, and what the rounding of times to ms makes. */
const LINE_TOLERANCE = 0.02
const ROUNDING_MS = 0.75
/** An approach is interpolated where at least this share of its samples are on such lines, with corners between. */
const INTERPOLATED_SHARE = 0.45
/** The time of the last step is taken to be no shorter than this, ms: times are rounded. */
const LEAST_LAST_MS = 8

const dx = new Float64Array(STEPS)
const dy = new Float64Array(STEPS)
const length = new Float64Array(STEPS)

/** Puts the steps of an approach into `dx`, `dy`: positions between samples are taken on the straight line between them. */
function resample(approach: Approach, from: number): void {
  const spanMs = Math.min(approach[from]![0], SPAN_MS)
  let sample = from
  let previousX = 0
  let previousY = 0
  for (let point = 0; point <= STEPS; point++) {
    const atMs = (spanMs * (STEPS - point)) / STEPS
    while (sample + 1 < approach.length && approach[sample + 1]![0] >= atMs) sample++
    const [olderMs, olderX, olderY] = approach[sample]!
    const [newerMs, newerX, newerY] = approach[sample + 1] ?? [0, 0, 0]
    const share = olderMs > atMs ? (olderMs - atMs) / (olderMs - newerMs) : 0
    const isAction = point === STEPS
    const x = isAction ? 0 : olderX + share * (newerX - olderX)
    const y = isAction ? 0 : olderY + share * (newerY - olderY)
    if (point > 0) {
      dx[point - 1] = x - previousX
      dy[point - 1] = y - previousY
    }
    previousX = x
    previousY = y
  }
}

/**
 * Whether samples on straight lines are followed by corners. A stroke that a program drew is one line to its end; a recording
 * that was interpolated consists of many.
 */
function isPiecewiseLinear(approach: Approach, from: number): boolean {
  let inner = 0
  let onLine = 0
  let onLineBeforeCorner = 0
  for (let n = from + 1; n < approach.length; n++) {
    const [ms0, x0, y0] = approach[n - 1]!
    const [ms1, x1, y1] = approach[n]!
    const [ms2, x2, y2] = approach[n + 1] ?? [0, 0, 0]
    const before = Math.hypot(x1 - x0, y1 - y0)
    const after = Math.hypot(x2 - x1, y2 - y1)
    if (before === 0 && after === 0) continue
    inner++
    const share = (ms0 - ms1) / (ms0 - ms2)
    const off = Math.hypot(x0 + share * (x2 - x0) - x1, y0 + share * (y2 - y0) - y1)
    const tolerance = LINE_TOLERANCE + ROUNDING_MS / Math.max(1, Math.min(ms0 - ms1, ms1 - ms2))
    if (off <= tolerance * Math.max(before, after)) onLine++
    else onLineBeforeCorner = onLine
  }
  return inner >= 3 && onLineBeforeCorner >= INTERPOLATED_SHARE * inner
}

/** Where the samples of the last half second begin; −1 where they are too few, or too far apart, to tell a shape. */
function firstSample(approach: Approach): number {
  const from = approach.findIndex(([ms]) => ms <= SPAN_MS + LONGEST_GAP_MS)
  if (from < 0 || approach.length - from < LEAST_SAMPLES || approach[from]![0] < LEAST_SPAN_MS) return -1
  for (let n = from; n < approach.length; n++) {
    const gapMs = approach[n]![0] - (approach[n + 1]?.[0] ?? 0)
    if (gapMs > LONGEST_GAP_MS) return -1
  }
  return from
}

/** Measures the shape of an approach, or says why it has none. */
export function measureApproach(approach: Approach | undefined): MeasuredApproach | 'no-path' | 'thin' | 'rest' {
  if (approach === undefined || approach.length === 0) return 'no-path'
  const from = firstSample(approach)
  if (from < 0) return 'thin'
  resample(approach, from)
  let way = 0
  let lateWay = 0
  let moment = 0
  let peak = 0
  for (let n = 0; n < STEPS; n++) {
    const step = Math.hypot(dx[n]!, dy[n]!)
    length[n] = step
    way += step
    if (n >= STEPS / 2) lateWay += step
    moment += step * (n + 0.5)
    if (step > peak) peak = step
  }
  // Not finite where the coordinates are at the limit of numbers.
  if (!(way > 0 && Number.isFinite(moment))) return 'rest'
  const [lastMs, lastX, lastY] = approach.at(-1)!
  const spanMs = Math.min(approach[from]![0], SPAN_MS)
  const lastSpeed = Math.hypot(lastX, lastY) / Math.max(lastMs, LEAST_LAST_MS) / (way / spanMs)
  const features = shapeOf(way, { lateWay, moment, peak })
  features.push(lastSpeed)
  return { way, features, isInterpolated: isPiecewiseLinear(approach, from) }
}

function shapeOf(way: number, sums: { lateWay: number; moment: number; peak: number }): number[] {
  let netX = 0
  let netY = 0
  let lateX = 0
  let lateY = 0
  let squares = 0
  let turning = 0
  let turned = 0
  let jerk = 0
  for (let n = 0; n < STEPS; n++) {
    const [x, y, step] = [dx[n]!, dy[n]!, length[n]!]
    netX += x
    netY += y
    if (n >= STEPS / 2) {
      lateX += x
      lateY += y
    }
    squares += (step / way - 1 / STEPS) ** 2
    if (n === 0) continue
    const [beforeX, beforeY, before] = [dx[n - 1]!, dy[n - 1]!, length[n - 1]!]
    jerk += Math.hypot(x - beforeX, y - beforeY)
    const weight = Math.min(step, before)
    if (weight < SHORT_STEP * way) continue
    turning += weight * angleBetween(x, y, beforeX, beforeY)
    turned += weight
  }
  const [lastX, lastY, last] = [dx[STEPS - 1]!, dy[STEPS - 1]!, length[STEPS - 1]!]
  const beforeX = netX - lastX
  const beforeY = netY - lastY
  const hasLast = last > SHORT_STEP * way && Math.hypot(beforeX, beforeY) > SHORT_STEP * way
  return [
    Math.hypot(netX, netY) / way,
    sums.lateWay > SHORT_STEP * way ? Math.hypot(lateX, lateY) / sums.lateWay : 0,
    Math.sqrt(squares * STEPS),
    last / sums.peak,
    sums.moment / way / STEPS,
    turned > 0 ? turning / turned : Math.PI,
    jerk / way,
    last / way,
    hasLast ? angleBetween(lastX, lastY, beforeX, beforeY) : Math.PI / 2,
  ]
}

/** Angle between two directions, 0 … π. */
const angleBetween = (ax: number, ay: number, bx: number, by: number): number =>
  Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by))
