import type { Random } from '@millrace/simulation'
import { ACTIONS, ANGLES, KINDS, LONGEST_STEP, REST, STEP_BINS, STEP_EDGES, TURNS, VIEW } from './bins.ts'
import { TURN_TABLES } from './contexts.ts'
import { normal } from './normal.ts'
import type { Model, Models } from './play-tables.ts'
import { anchorAngle, anchorOffsets, kindContext, PointerState, stepContext, turnContext } from './pointer-state.ts'

/** How much a person differs from the mean of all: by outcome of each model. */
export interface Habits {
  readonly kinds: Float64Array
  readonly steps: Float64Array
  readonly turns: Float64Array
}

/**
 * Habits of a person who was not measured: a normal mixture of the differences between those who were, with the same
 * covariance.
 */
export function drawHabits({ kinds, steps, turns }: Models, random: Random): Habits {
  const count = kinds.people.length
  const shares = Array.from({ length: count }, () => normal(random) / Math.sqrt(Math.max(1, count - 1)))
  const mix = ({ people, common }: Model): Float64Array =>
    common.map((value, o) => people.reduce((sum, person, index) => sum + shares[index]! * person[o]!, value))
  return { kinds: mix(kinds), steps: mix(steps), turns: mix(turns) }
}

const logits = new Float64Array(Math.max(KINDS, STEP_BINS, TURNS))

/** Draws an outcome with a probability proportional to the exponential of its logit. */
function draw(count: number, random: Random): number {
  let most = logits[0]!
  for (let o = 1; o < count; o++) if (logits[o]! > most) most = logits[o]!
  let sum = 0
  for (let o = 0; o < count; o++) sum += logits[o] = Math.exp(logits[o]! - most)
  let left = random.float() * sum
  for (let o = 0; o < count - 1; o++) {
    left -= logits[o]!
    if (left < 0) return o
  }
  return count - 1
}

/** Sets the logits of a model whose tables have a row of all outcomes per context. */
function setLogits({ weights, offsets }: Model, contexts: Int32Array, habits: Float64Array): void {
  const count = habits.length
  for (let o = 0; o < count; o++) logits[o] = habits[o]!
  for (let table = 0; table < contexts.length; table++) {
    const base = offsets[table]! + contexts[table]! * count
    for (let o = 0; o < count; o++) logits[o]! += weights[base + o]!
  }
}

/** The pointer of one player, row by row. */
export class Pointer {
  readonly state: PointerState
  /** The action of the last row: 0 none, 1 a move or attack command, 2 an ability. */
  action = 0
  readonly #models: Models
  readonly #habits: Habits
  readonly #random: Random
  readonly #to = { x: 0, y: 0 }

  constructor(models: Models, habits: Habits, random: Random) {
    this.#models = models
    this.#habits = habits
    this.#random = random
    this.state = new PointerState(REST.x + random.int(-200, 200), REST.y + random.int(-150, 150), 0)
  }

  /**
   * Moves on by one row.
   *
   * @param moves added to the log-odds of a move command, for a player's tempo and the pace of the match
   * @param abilities the same for an ability
   * @param clickIn ticks until a move command that happens whatever the tables say, unless a row comes before
   */
  step(moves: number, abilities: number, clickIn: number): void {
    const { state } = this
    const { kinds, steps, intervals } = this.#models
    const random = this.#random
    state.setKindContext()
    setLogits(kinds, kindContext, this.#habits.kinds)
    for (let kind = 0; kind < KINDS; kind += ACTIONS) {
      logits[kind + 1]! += moves
      logits[kind + 2]! += abilities
    }
    const kind = draw(KINDS, random)
    let action = kind % ACTIONS
    let interval = random.pick(intervals[(kind - action) / ACTIONS]!)
    if (interval >= clickIn) {
      interval = clickIn
      action = 1
    }
    state.setStepContext(interval, action)
    setLogits(steps, stepContext, this.#habits.steps)
    const bin = draw(STEP_BINS, random)
    const to = this.#to
    to.x = state.x
    to.y = state.y
    if (bin > 0) this.#stepBy(bin, action)
    state.take(interval, action, to)
    this.action = action
  }

  /** Sets where a step of a bin's length ends. */
  #stepBy(bin: number, action: number): void {
    const { state } = this
    const random = this.#random
    const low = STEP_EDGES[bin - 1]!
    const px = low * ((STEP_EDGES[bin] ?? LONGEST_STEP) / low) ** random.float()
    state.setTurnContext(px, action)
    this.#setTurnLogits()
    const turn = draw(TURNS, random)
    const heading = state.heading + ((turn + random.float()) / TURNS) * 2 * Math.PI - Math.PI
    this.#to.x = Math.min(VIEW.width - 1, Math.max(0, Math.round(state.x + px * Math.cos(heading))))
    this.#to.y = Math.min(VIEW.height - 1, Math.max(0, Math.round(state.y + px * Math.sin(heading))))
  }

  #setTurnLogits(): void {
    const { weights, offsets } = this.#models.turns
    const habits = this.#habits.turns
    for (let z = 0; z < TURNS; z++) logits[z] = habits[z]!
    for (let table = 0; table < TURN_TABLES; table++) {
      const base = offsets[table]! + turnContext[table]! * TURNS
      for (let z = 0; z < TURNS; z++) logits[z]! += weights[base + z]!
    }
    for (let table = TURN_TABLES; table < turnContext.length; table++) {
      const base = offsets[table]! + turnContext[table]! * ANGLES
      const offset = anchorOffsets[table - TURN_TABLES]!
      for (let z = 0; z < TURNS; z++) logits[z]! += weights[base + anchorAngle(offset, z)]!
    }
  }
}
