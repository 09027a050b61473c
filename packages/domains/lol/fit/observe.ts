import {
  ACTIONS,
  ANGLES,
  angleBin,
  intervalBin,
  KINDS,
  STEP_BINS,
  STEP_EDGES,
  stepBin,
  TURNS,
} from '../simulate/realistic/bins.ts'
import { KIND_CONTEXTS, STEP_CONTEXTS, TURN_SIZES, TURN_TABLES } from '../simulate/realistic/contexts.ts'
import {
  anchorAngle,
  anchorOffsets,
  kindContext,
  PointerState,
  stepContext,
  turnContext,
} from '../simulate/realistic/pointer-state.ts'
import type { PointerRow } from './read-recordings.ts'
import type { Choices } from './softmax.ts'

/** Rows at the beginning of a recording from which nothing is learned: the state is not known yet. */
const WARM_UP_ROWS = 20

/** What people chose at each row of their recordings. */
export interface Observations {
  readonly kinds: Choices
  readonly steps: Choices
  readonly turns: Choices
  /** Ticks between rows by bin of the interval. */
  readonly intervals: readonly (readonly number[])[]
}

/** Offset of each table when they lie one behind the other; the last entry is the end. */
export function offsetsOf(sizes: readonly number[]): number[] {
  const offsets = [0]
  for (const size of sizes) offsets.push(offsets.at(-1)! + size)
  return offsets
}

/** Collects the choices of a model whose tables have a row of all outcomes for each context. The last table is by person. */
class ChoiceList {
  readonly #chosen: number[] = []
  readonly #indices: number[] = []
  readonly #offsets: readonly number[]
  readonly #outcomes: number

  constructor(contexts: readonly number[], outcomes: number, people: number) {
    this.#offsets = offsetsOf([...contexts, people].map(size => size * outcomes))
    this.#outcomes = outcomes
  }

  add(chosen: number, contexts: Int32Array, person: number): void {
    this.#chosen.push(chosen)
    for (let table = 0; table <= contexts.length; table++) {
      const base = this.#offsets[table]! + (contexts[table] ?? person) * this.#outcomes
      for (let o = 0; o < this.#outcomes; o++) this.#indices.push(base + o)
    }
  }

  choices(): Choices {
    return {
      outcomes: this.#outcomes,
      tables: this.#offsets.length - 1,
      weights: this.#offsets.at(-1)!,
      chosen: Int32Array.from(this.#chosen),
      indices: Int32Array.from(this.#indices),
    }
  }
}

/** Runs the state of the simulation along recordings of people and notes what they did in which context. */
export function observe(recordings: readonly (readonly PointerRow[])[]): Observations {
  const people = recordings.length
  const kinds = new ChoiceList(KIND_CONTEXTS, KINDS, people)
  const steps = new ChoiceList(STEP_CONTEXTS, STEP_BINS, people)
  const turnOffsets = offsetsOf([...TURN_SIZES, people * TURNS])
  const turnsChosen: number[] = []
  const turnIndices: number[] = []
  const intervals: number[][] = []
  for (const [person, rows] of recordings.entries()) {
    const first = rows[0]!
    const state = new PointerState(first.x, first.y, first.tick)
    for (const [index, row] of rows.entries()) {
      if (index === 0) continue
      const interval = row.tick - state.tick
      const px = Math.hypot(row.x - state.x, row.y - state.y)
      state.setKindContext()
      state.setStepContext(interval, row.action)
      if (index > WARM_UP_ROWS) {
        const bin = intervalBin(interval)
        intervals[bin] ??= []
        intervals[bin].push(interval)
        kinds.add(bin * ACTIONS + row.action, kindContext, person)
        steps.add(stepBin(px), stepContext, person)
        if (px >= STEP_EDGES[0]) {
          state.setTurnContext(px, row.action)
          turnsChosen.push(angleBin(Math.atan2(row.y - state.y, row.x - state.x) - state.heading, TURNS))
          pushTurnIndices(turnIndices, turnOffsets, person)
        }
      }
      state.take(interval, row.action, row)
    }
  }
  const turns = {
    outcomes: TURNS,
    tables: turnOffsets.length - 1,
    weights: turnOffsets.at(-1)!,
    chosen: Int32Array.from(turnsChosen),
    indices: Int32Array.from(turnIndices),
  }
  return { kinds: kinds.choices(), steps: steps.choices(), turns, intervals }
}

function pushTurnIndices(indices: number[], offsets: readonly number[], person: number): void {
  for (const [table, context] of turnContext.entries())
    for (let z = 0; z < TURNS; z++)
      indices.push(
        table < TURN_TABLES
          ? offsets[table]! + context * TURNS + z
          : offsets[table]! + context * ANGLES + anchorAngle(anchorOffsets[table - TURN_TABLES]!, z),
      )
  for (let z = 0; z < TURNS; z++) indices.push(offsets.at(-2)! + person * TURNS + z)
}
