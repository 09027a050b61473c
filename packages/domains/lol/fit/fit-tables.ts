import { INTERVAL_BINS } from '../simulate/realistic/bins.ts'
import type { PlayTables } from '../simulate/realistic/play-tables.ts'
import { calibratePull, meanDistance } from './calibrate-pull.ts'
import { observe } from './observe.ts'
import type { PointerRow } from './read-recordings.ts'
import { type Choices, fitSoftmax } from './softmax.ts'

/** Weights are written in hundredths; smaller ones are 0. */
const UNITS = 100
/** Entries that stand for the distribution of the ticks in one bin. */
const QUANTILES = 24
const RIDGE = 4
/** The tables of turns have fewer observations per weight. */
const TURN_RIDGE = 1
const EPOCHS = 30

/** What the models of a player's pointer are, and how well they fit: nats per row. */
export interface Fit {
  readonly models: Pick<PlayTables, 'people' | 'kinds' | 'steps' | 'turns' | 'intervals'>
  readonly losses: Readonly<Record<'kinds' | 'steps' | 'turns', number>>
}

/** Fits the three models of the next row (interval and action, length of the step, turn) to recordings of people. */
export function fitTables(recordings: readonly (readonly PointerRow[])[]): Fit {
  const observations = observe(recordings)
  const fit = (choices: Choices, ridge: number) => {
    const { weights, loss } = fitSoftmax(choices, { ridge, epochs: EPOCHS })
    return { weights: Array.from(weights, weight => Math.round(weight * UNITS) + 0), loss }
  }
  const kinds = fit(observations.kinds, RIDGE)
  const steps = fit(observations.steps, RIDGE)
  const turns = fit(observations.turns, TURN_RIDGE)
  const intervals = Array.from({ length: INTERVAL_BINS }, (_, bin) =>
    quantilesOf(observations.intervals[bin] ?? [bin + 1]),
  )
  const tables = { kinds: kinds.weights, steps: steps.weights, turns: turns.weights, intervals }
  return {
    models: { people: recordings.length, ...tables, turns: calibratePull(tables, meanDistance(recordings)) },
    losses: { kinds: kinds.loss, steps: steps.loss, turns: turns.loss },
  }
}

/** Values at evenly spaced ranks; one value where all are the same. */
function quantilesOf(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  if (sorted[0] === sorted.at(-1)) return [sorted[0]!]
  return Array.from({ length: QUANTILES }, (_, rank) => sorted[Math.floor(((rank + 0.5) / QUANTILES) * sorted.length)]!)
}
