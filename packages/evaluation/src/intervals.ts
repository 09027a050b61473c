import { Random } from '@millrace/simulation'

const RESAMPLES = 200
const TAIL = 0.025

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

/**
 * A figure with its percentile bootstrap interval over people (Efron 1979).
 * @param people how many there are
 * @param figureOf the figure of a sample; `weights` says how often each person is in it
 */
export function bootstrap(people: number, figureOf: (weights: Uint16Array) => number | null, label: string): Estimate {
  const random = new Random('bootstrap', label)
  const weights = new Uint16Array(people)
  const figures: number[] = []
  for (let n = 0; n < RESAMPLES; n++) {
    weights.fill(0)
    for (let draw = 0; draw < people; draw++) weights[random.int(0, people - 1)]!++
    const figure = figureOf(weights)
    if (figure !== null) figures.push(figure)
  }
  figures.sort((a, b) => a - b)
  const at = (share: number): number | null => figures[Math.round(share * (figures.length - 1))] ?? null
  return { value: figureOf(weights.fill(1)), low: at(TAIL), high: at(1 - TAIL) }
}

/** Probability of at most `count` events where `mean` are expected. */
function poissonBelow(count: number, mean: number): number {
  let [term, sum] = [Math.exp(-mean), 0]
  for (let n = 0; n <= count; n++) {
    sum += term
    term *= mean / (n + 1)
  }
  return sum
}

/** The mean at which a falling function of it reaches `share`. */
function meanAt(share: number, below: (mean: number) => number): number {
  let [low, high] = [0, 1]
  while (below(high) > share) high *= 2
  for (let n = 0; n < 60; n++) {
    const middle = (low + high) / 2
    if (below(middle) > share) low = middle
    else high = middle
  }
  return high
}

/** A rate with its exact 95 % interval (Garwood 1936). */
export function poissonRate(count: number, hours: number): Estimate {
  const low = count === 0 ? 0 : meanAt(1 - TAIL, mean => poissonBelow(count - 1, mean))
  const high = meanAt(TAIL, mean => poissonBelow(count, mean))
  return { value: count / hours, low: low / hours, high: high / hours }
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? null
}
