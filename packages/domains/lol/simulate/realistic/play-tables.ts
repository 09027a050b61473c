import { KINDS, STEP_BINS, TURNS } from './bins.ts'
import { KIND_CONTEXTS, STEP_CONTEXTS, TURN_SIZES } from './contexts.ts'

/** Hundredths of a unit of log-likelihood are written. */
const UNITS = 100

/** How the tempo of League of Legends differs from that of the recordings, in log-odds of an action per row. */
export interface PaceTable {
  readonly moves: number
  readonly abilities: number
  /** Standard deviation between players, of both, and of abilities on top. */
  readonly tempoSpread: number
  readonly abilitySpread: number
  /** Standard deviation over the time of a match, by octave of the pace. */
  readonly swings: readonly number[]
}

/** Tables fitted to recordings of people (lol/fit), as the file holds them: aggregates, no recording. */
export interface PlayTables {
  readonly sources: readonly { readonly what: string; readonly source: string; readonly licence: string }[]
  /** Number of player-matches whose clicks and keys were measured. */
  readonly playerMatches: number
  /** Number of people whose pointers were measured. */
  readonly people: number
  /** Weights in hundredths, one table behind the other; the last table of a model has one row per person. */
  readonly kinds: readonly number[]
  readonly steps: readonly number[]
  readonly turns: readonly number[]
  /** Ticks between two rows at evenly spaced ranks, by bin of the interval. */
  readonly intervals: readonly (readonly number[])[]
  readonly pace: PaceTable
}

/** One model as the simulation uses it. */
export interface Model {
  readonly weights: Float32Array
  /** Where each table begins. */
  readonly offsets: Int32Array
  /** Of each person the differences from the mean of all people, by outcome. */
  readonly people: readonly Float64Array[]
  /** The mean of all people, by outcome. */
  readonly common: Float64Array
}

export interface Models {
  readonly kinds: Model
  readonly steps: Model
  readonly turns: Model
  readonly intervals: readonly (readonly number[])[]
}

function modelOf(weights: readonly number[], sizes: readonly number[], outcomes: number): Model {
  const offsets = new Int32Array(sizes.length)
  let end = 0
  for (const [table, size] of sizes.entries()) {
    offsets[table] = end
    end += size
  }
  const values = Float64Array.from(weights, weight => weight / UNITS)
  const rows = Array.from({ length: (weights.length - end) / outcomes }, (_, person) =>
    values.slice(end + person * outcomes, end + (person + 1) * outcomes),
  )
  const common = new Float64Array(outcomes)
  for (const row of rows) for (let o = 0; o < outcomes; o++) common[o]! += row[o]! / rows.length
  const people = rows.map(row => row.map((value, o) => value - common[o]!))
  return { weights: Float32Array.from(values.slice(0, end)), offsets, people, common }
}

/** Makes the models of a file of tables. */
export const modelsOf = (tables: Pick<PlayTables, 'kinds' | 'steps' | 'turns' | 'intervals'>): Models => ({
  kinds: modelOf(
    tables.kinds,
    KIND_CONTEXTS.map(size => size * KINDS),
    KINDS,
  ),
  steps: modelOf(
    tables.steps,
    STEP_CONTEXTS.map(size => size * STEP_BINS),
    STEP_BINS,
  ),
  turns: modelOf(tables.turns, TURN_SIZES, TURNS),
  intervals: tables.intervals,
})
