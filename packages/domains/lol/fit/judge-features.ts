import { TICKS_PER_SECOND } from '../simulate/realistic/bins.ts'
import type { PointerRow } from './read-recordings.ts'

const SAMPLES = 8
/** The first features of an action are those of the pointer before it; the others know other actions. */
export const APPROACH_FEATURES = 2 * SAMPLES + 3
const WINDOW_SECONDS = 10
const FIRST_EVENTS = 5
const LEAST_ROWS = 8
const MIDDLE = { x: 800, y: 600 }

/** The pointer at a tick, between two rows on the straight line of them. */
function placesAt(rows: readonly PointerRow[], from: number, ticks: readonly number[]): { x: number; y: number }[] {
  let index = from
  return ticks.map(tick => {
    while (index > 0 && rows[index]!.tick > tick) index--
    const row = rows[index]!
    const next = rows[index + 1]
    if (!next || tick <= row.tick) return row
    const share = (tick - row.tick) / (next.tick - row.tick)
    return { x: row.x + share * (next.x - row.x), y: row.y + share * (next.y - row.y) }
  })
}

const wrapped = (radians: number): number => Math.abs(Math.atan2(Math.sin(radians), Math.cos(radians)))
const seconds = (ticks: number): number => Math.max(0.01, ticks / TICKS_PER_SECOND)

/** Features of each action: half a second of the pointer before it, and the gaps and steps to the actions before. */
export function eventFeatures(rows: readonly PointerRow[]): number[][] {
  const actions = rows.flatMap((row, index) => (row.action > 0 ? [{ row, index }] : []))
  const gap = (at: number) =>
    at > 0 ? Math.log(seconds(actions[at]!.row.tick - actions[at - 1]!.row.tick)) : Number.NaN
  const step = (at: number) => {
    const [a, b] = [actions[at - 1]?.row, actions[at]?.row]
    return a && b ? { dx: b.x - a.x, dy: b.y - a.y } : { dx: 0, dy: 0 }
  }
  const length = (at: number) => Math.log1p(Math.hypot(step(at).dx, step(at).dy))
  const angle = (at: number) => Math.atan2(step(at).dy, step(at).dx)
  const features = actions.map(({ row, index }, at) => {
    const ticks = Array.from({ length: SAMPLES + 1 }, (_, sample) => row.tick - sample)
    const places = placesAt(rows, index, ticks)
    const dx = places.slice(1).map((place, sample) => places[sample]!.x - place.x)
    const dy = places.slice(1).map((place, sample) => places[sample]!.y - place.y)
    const speeds = dx.map((value, sample) => Math.hypot(value, dy[sample]!))
    const angles = dx.map((value, sample) => Math.atan2(dy[sample]!, value))
    const way = speeds.reduce((sum, speed) => sum + speed, 0)
    const net = Math.hypot(row.x - places.at(-1)!.x, row.y - places.at(-1)!.y)
    const peak = Math.max(...speeds)
    return [
      ...speeds.map(speed => Math.log1p(speed)),
      ...angles.slice(1).map((value, sample) => wrapped(value - angles[sample]!)),
      Math.log1p(way),
      net / Math.max(way, 1),
      peak / Math.max(way, 1),
      speeds.indexOf(peak),
      gap(at),
      gap(at - 1),
      gap(at - 2),
      length(at),
      length(at - 1),
      wrapped(angle(at) - angle(at - 1)),
      Math.abs(step(at).dx),
      Math.abs(step(at).dy),
      row.action,
      actions[at - 1]?.row.action ?? Number.NaN,
      Math.abs(row.x - MIDDLE.x),
      row.y - MIDDLE.y,
    ]
  })
  return features.slice(FIRST_EVENTS)
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const spreadOf = (values: readonly number[]): number =>
  Math.sqrt(meanOf(values.map(value => value ** 2)) - meanOf(values) ** 2)
const quantilesOf = (values: readonly number[], ...shares: readonly number[]): number[] => {
  const sorted = values.toSorted((a, b) => a - b)
  return shares.map(share => sorted[Math.floor(share * (sorted.length - 1) + 0.5)] ?? Number.NaN)
}
function correlation(values: readonly number[]): number {
  const [a, b] = [values.slice(0, -1), values.slice(1)]
  const product = meanOf(a.map((value, index) => value * b[index]!)) - meanOf(a) * meanOf(b)
  return values.length > 2 ? product / (spreadOf(a) * spreadOf(b)) : Number.NaN
}

/** Features of each window of ten seconds: how much is done, how evenly, and how the pointer moves. */
export function windowFeatures(rows: readonly PointerRow[]): number[][] {
  const ticks = WINDOW_SECONDS * TICKS_PER_SECOND
  const start = rows[0]!.tick
  const windows: PointerRow[][] = Array.from({ length: Math.floor((rows.at(-1)!.tick - start) / ticks) }, () => [])
  for (const row of rows) windows[Math.floor((row.tick - start) / ticks)]?.push(row)
  return windows
    .map((own, number) => (own.length < LEAST_ROWS ? null : featuresOf(own, start + number * ticks)))
    .filter(window => window !== null)
}

function featuresOf(rows: readonly PointerRow[], start: number): number[] {
  const steps = rows.slice(1).map((row, index) => Math.hypot(row.x - rows[index]!.x, row.y - rows[index]!.y))
  const angles = rows.slice(1).map((row, index) => Math.atan2(row.y - rows[index]!.y, row.x - rows[index]!.x))
  const turns = angles.slice(1).map((angle, index) => angle - angles[index]!)
  const actions = rows.filter(row => row.action > 0)
  const gaps = actions.slice(1).map((row, index) => seconds(row.tick - actions[index]!.tick))
  const actionsBy = new Array<number>(WINDOW_SECONDS).fill(0)
  const wayBy = new Array<number>(WINDOW_SECONDS).fill(0)
  for (const [index, row] of rows.entries()) {
    const second = Math.floor((row.tick - start) / TICKS_PER_SECOND)
    if (row.action > 0) actionsBy[second]!++
    if (index > 0) wayBy[second]! += steps[index - 1]!
  }
  const way = steps.reduce((sum, step) => sum + step, 0)
  const net = Math.hypot(rows.at(-1)!.x - rows[0]!.x, rows.at(-1)!.y - rows[0]!.y)
  const logSteps = steps.map(step => Math.log1p(step))
  const cosines = turns.map(turn => Math.cos(turn))
  const xs = rows.map(row => row.x)
  const ys = rows.map(row => row.y)
  return [
    rows.length,
    actions.length,
    actions.filter(row => row.action === 1).length,
    Math.max(...actionsBy),
    actionsBy.filter(count => count === 0).length,
    ...quantilesOf(gaps, 0.1, 0.5, 0.9),
    gaps.length > 1 ? spreadOf(gaps) / meanOf(gaps) : Number.NaN,
    ...quantilesOf(logSteps, 0.1, 0.25, 0.5, 0.75, 0.9),
    Math.log1p(way),
    way > 0 ? Math.log1p(net / way) : Number.NaN,
    ...quantilesOf(turns.map(wrapped), 0.25, 0.5, 0.75),
    meanOf(cosines),
    spreadOf(xs),
    spreadOf(ys),
    Math.abs(meanOf(xs) - MIDDLE.x),
    meanOf(ys) - MIDDLE.y,
    spreadOf(wayBy) / Math.max(1, meanOf(wayBy)),
    correlation(logSteps),
    correlation(cosines),
    Math.max(...wayBy),
    Math.min(...wayBy),
    steps.filter(step => step < 3).length / steps.length,
    steps.filter(step => step > 300).length / steps.length,
  ]
}
