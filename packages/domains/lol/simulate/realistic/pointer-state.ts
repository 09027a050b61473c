import {
  ACTIONS,
  ANGLES,
  angleBin,
  binOf,
  CIRCLE,
  COARSE_BINS,
  coarseBin,
  countBin,
  FAR_EDGES,
  GAP_BINS,
  gapBin,
  intervalBin,
  MIDDLE_EDGES,
  NEAR_EDGES,
  placeBin,
  REST,
  stepBin,
  TICKS_PER_SECOND,
  TURNS,
  VIEW,
} from './bins.ts'
import { KIND_CONTEXTS, SPEED_BINS, STEP_CONTEXTS, TURN_CONTEXTS, TURN_TABLES } from './contexts.ts'

const speedBin = (logSpeed: number): number => Math.min(SPEED_BINS - 1, Math.floor(logSpeed * 1.2))

/** Where the angle of an anchor is within the directions: CIRCLE parts from the first one. */
const ANCHORS = TURN_CONTEXTS.length - TURN_TABLES

/** More actions than this in one window are one bin. */
const HISTORY = 64
const WINDOWS = [1, 3, 10, 30].map(seconds => seconds * TICKS_PER_SECOND)

/**
 * Context of each table for the row to come, of the state that set it last: one set for all, because a state is asked and used at
 * once and a population has many.
 */
export const kindContext = new Int32Array(KIND_CONTEXTS.length)
export const stepContext = new Int32Array(STEP_CONTEXTS.length)
export const turnContext = new Int32Array(TURN_CONTEXTS.length)
/** Direction of the step for turn 0 relative to each anchor, in parts of CIRCLE. */
export const anchorOffsets = new Int32Array(ANCHORS)

/**
 * What the models know of a player's pointer and actions so far. Times are ticks, places px of the view. The state is the
 * same while the tables are fitted and while a player is simulated.
 */
export class PointerState {
  tick: number
  x: number
  y: number
  /** Direction of the last step, radians. */
  heading = 0
  step = 0
  kind = 0
  interval = 1
  readonly #steps = [0, 0, 0]
  readonly #coarse = [0, 0]
  readonly #turns = [TURNS / 2, TURNS / 2]
  readonly #actions = [1, 1, 1]
  #lastAction = -100
  #lastGap = 30
  #actionX: number
  #actionY: number
  #actionX2: number
  #actionY2: number
  #speed1 = 3
  #speed5 = 3
  #near1X: number
  #near1Y: number
  #near10X: number
  #near10Y: number
  /** Ticks of the last actions, and for each window the number of actions before it. */
  readonly #history = new Int32Array(HISTORY)
  #count = 0
  readonly #before = [0, 0, 0, 0]
  constructor(x: number, y: number, tick: number) {
    this.x = this.#actionX = this.#actionX2 = this.#near1X = this.#near10X = x
    this.y = this.#actionY = this.#actionY2 = this.#near1Y = this.#near10Y = y
    this.tick = tick
  }

  /** Actions within a window before `tick`; must be asked for ticks that do not decrease. */
  #countSince(window: number, tick: number): number {
    const from = tick - WINDOWS[window]!
    let before = Math.max(this.#before[window]!, this.#count - HISTORY)
    while (before < this.#count && this.#history[before % HISTORY]! <= from) before++
    this.#before[window] = before
    return this.#count - before
  }

  #edge(): number {
    return (this.x <= 0 || this.x >= VIEW.width - 1 ? 1 : 0) + (this.y <= 0 || this.y >= VIEW.height - 1 ? 2 : 0)
  }

  /** Sets the contexts of the model of the next row's interval and action. */
  setKindContext(): void {
    const c = kindContext
    const gap = gapBin(this.tick - this.#lastAction)
    const [last, second, third] = this.#actions as [number, number, number]
    c[0] = this.kind
    c[1] = gap
    c[2] = gap * GAP_BINS + gapBin(this.#lastGap)
    c[3] = stepBin(this.step)
    for (let window = 0; window < WINDOWS.length; window++)
      c[4 + window] = countBin(this.#countSince(window, this.tick))
    c[8] = (last * ACTIONS + second) * ACTIONS + third
    c[9] = speedBin(this.#speed1)
    c[10] = speedBin(this.#speed5)
    c[11] = last * GAP_BINS + gap
    c[12] = placeBin(this.x, this.y)
  }

  /** Sets the contexts of the model of the length of the step to a row `interval` ticks on. */
  setStepContext(interval: number, action: number): void {
    const c = stepContext
    const tick = this.tick + interval
    const [first, second, third] = this.#steps as [number, number, number]
    const [coarse, coarse2] = this.#coarse as [number, number]
    c[0] = Math.min(interval, 8) * ACTIONS + action
    c[1] = first
    c[2] = second
    c[3] = third
    c[4] = coarse * COARSE_BINS + coarse2
    c[5] = speedBin(this.#speed1)
    c[6] = speedBin(this.#speed5)
    c[7] = gapBin(tick - this.#lastAction) * ACTIONS + this.#actions[0]!
    c[8] = countBin(this.#countSince(1, tick))
    c[9] = Math.abs(this.#turns[0]! - TURNS / 2)
    c[10] = coarse * 27 + Math.min(interval - 1, 2) * 9 + Math.min(this.interval - 1, 2) * 3 + action
    c[11] = this.#edge()
    c[12] = placeBin(this.x, this.y) * ACTIONS + action
  }

  /** Sets the contexts of the model of the turn of a step of `px`. */
  setTurnContext(px: number, action: number): void {
    const c = turnContext
    const coarse = coarseBin(px)
    c[0] = coarse * COARSE_BINS + this.#coarse[0]!
    c[1] = this.#turns[0]! * 4 + Math.min(3, coarse >> 1)
    c[2] = this.#turns[1]!
    c[3] = action
    c[4] = this.#setAnchor(0, this.#near1X, this.#near1Y, NEAR_EDGES) * COARSE_BINS + coarse
    c[5] = this.#setAnchor(1, this.#near10X, this.#near10Y, FAR_EDGES) * COARSE_BINS + coarse
    const rest = this.#setAnchor(2, REST.x, REST.y, MIDDLE_EDGES)
    c[6] = rest * COARSE_BINS + coarse
    c[7] = (rest * ACTIONS + action) * 3 + Math.min(2, Math.floor(coarse / 3))
    anchorOffsets[3] = anchorOffsets[2]!
    c[8] = this.#setAnchor(4, this.#actionX, this.#actionY, NEAR_EDGES) * COARSE_BINS + coarse
    this.#setOffset(5, 0)
    c[9] = this.#edge() * COARSE_BINS + coarse
    c[11] = this.#setAnchor(7, this.#actionX2, this.#actionY2, NEAR_EDGES) * COARSE_BINS + coarse
    anchorOffsets[6] = anchorOffsets[5]!
    c[10] = placeBin(this.x, this.y) * 3 + Math.min(2, Math.floor(coarse / 3))
  }

  #setAnchor(anchor: number, x: number, y: number, edges: readonly number[]): number {
    const dx = x - this.x
    const dy = y - this.y
    this.#setOffset(anchor, Math.atan2(dy, dx))
    return binOf(edges, Math.sqrt(dx * dx + dy * dy))
  }

  /** Turn `z` of TURNS is towards the middle of its part: heading − π + (z + ½) parts; an anchor's angle begins at −π too. */
  #setOffset(anchor: number, radians: number): void {
    const offset = Math.floor(((this.heading - radians) / (2 * Math.PI)) * CIRCLE) % CIRCLE
    anchorOffsets[anchor] = offset < 0 ? offset + CIRCLE : offset
  }

  /** Takes a row: the pointer `interval` ticks on at `x`, `y`, with an action or none. */
  take(interval: number, action: number, to: { readonly x: number; readonly y: number }): void {
    const { x, y } = to
    const dx = x - this.x
    const dy = y - this.y
    const px = Math.sqrt(dx * dx + dy * dy)
    if (px > 0) {
      const heading = Math.atan2(dy, dx)
      this.#turns[1] = this.#turns[0]!
      this.#turns[0] = angleBin(heading - this.heading, TURNS)
      this.heading = heading
    }
    this.tick += interval
    this.x = x
    this.y = y
    this.step = px
    this.#steps[2] = this.#steps[1]!
    this.#steps[1] = this.#steps[0]!
    this.#steps[0] = stepBin(px)
    this.#coarse[1] = this.#coarse[0]!
    this.#coarse[0] = coarseBin(px)
    const speed = Math.log1p((px * 2) / interval)
    this.#speed1 += (1 - Math.exp(-interval / 12)) * (speed - this.#speed1)
    this.#speed5 += (1 - Math.exp(-interval / 80)) * (speed - this.#speed5)
    const share1 = 1 - Math.exp(-interval / TICKS_PER_SECOND)
    const share10 = 1 - Math.exp(-interval / (10 * TICKS_PER_SECOND))
    this.#near1X += share1 * (x - this.#near1X)
    this.#near1Y += share1 * (y - this.#near1Y)
    this.#near10X += share10 * (x - this.#near10X)
    this.#near10Y += share10 * (y - this.#near10Y)
    this.kind = intervalBin(interval) * ACTIONS + action
    this.interval = interval
    if (action > 0) this.#takeAction(action)
  }

  #takeAction(action: number): void {
    this.#lastGap = this.tick - this.#lastAction
    this.#lastAction = this.tick
    this.#history[this.#count++ % HISTORY] = this.tick
    this.#actions[2] = this.#actions[1]!
    this.#actions[1] = this.#actions[0]!
    this.#actions[0] = action
    this.#actionX2 = this.#actionX
    this.#actionY2 = this.#actionY
    this.#actionX = this.x
    this.#actionY = this.y
  }
}

/** Angle bin by offset and turn: the direction of turn `z` is `offset` + 2 `z` + 1 parts of CIRCLE from that of the anchor. */
const ANGLE_OF = Uint8Array.from({ length: 2 * CIRCLE }, (_, part) =>
  Math.floor(((part + 1) % CIRCLE) / (CIRCLE / ANGLES)),
)

/** Index of the direction relative to an anchor, for turn `z`. */
export const anchorAngle = (offset: number, z: number): number => ANGLE_OF[offset + 2 * z]!
