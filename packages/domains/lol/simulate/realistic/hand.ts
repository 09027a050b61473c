import type { Random } from '@millrace/simulation'
import { TICK_MS, TICKS_PER_SECOND } from './bins.ts'
import { normal } from './normal.ts'
import type { Pace } from './pace.ts'
import type { Models } from './play-tables.ts'
import { type Habits, Pointer } from './pointer.ts'
import { Trail } from './trail.ts'
import type { Traits } from './traits.ts'

/** Part of the variance of the pace that all players of a room have in common. */
const ROOM_SHARE = 0.5
/** How much deeper quiet stretches go than fights go up: players have more seconds without a click than an even swing gives. */
const QUIET = 1.6
/** Length of a run of clicks, ms. */
const SPAM_MS = { min: 1000, max: 4000 }
/** No click of a run follows the one before faster than this, ms. */
const FASTEST_CLICK_MS = 70
/** After a rest of so many ticks the samples have another phase against the clock. */
const REST_TICKS = 4
/** How far the time of an action is from that of the pointer's sample, ms. */
const JITTER_MS = 12
/** The log-odds of a move command where none may come. */
const NEVER = -50

export interface HandOptions {
  readonly models: Models
  readonly traits: Traits
  readonly habits: Habits
  readonly random: Random
  /** Pace of the room and of the player. */
  readonly roomPace: Pace
  readonly ownPace: Pace
}

/** A player's hand during one match: the pointer and what it does. Times are ms since the start of the match. */
export class Hand {
  readonly trail = new Trail()
  /** The action of the row that `step` came to: 0 none, 1 a move or attack command, 2 an ability. */
  action = 0
  /** Time of that row. */
  atMs = 0
  readonly #options: HandOptions
  readonly #pointer: Pointer
  #phaseMs: number
  #second = -1
  #swing = 0
  #spamEndMs = 0
  #clickMs = Number.POSITIVE_INFINITY

  constructor(options: HandOptions) {
    this.#options = options
    this.#pointer = new Pointer(options.models, options.habits, options.random)
    this.#phaseMs = options.random.float() * TICK_MS
  }

  get x(): number {
    return this.#pointer.state.x
  }

  get y(): number {
    return this.#pointer.state.y
  }

  /** Goes on to the next row. */
  step(): void {
    const { random, traits } = this.#options
    const { state } = this.#pointer
    this.#followPace(state.tick)
    const isSpamming = this.#clickMs !== Number.POSITIVE_INFINITY
    const moves = isSpamming ? NEVER : traits.tempo + this.#swing
    const clickIn = isSpamming
      ? Math.max(1, Math.round((this.#clickMs - this.#phaseMs) / TICK_MS) - state.tick)
      : Number.POSITIVE_INFINITY
    this.#pointer.step(moves, traits.abilityTempo + this.#swing, clickIn)
    this.action = this.#pointer.action
    if (state.interval >= REST_TICKS && !isSpamming) this.#phaseMs = random.float() * TICK_MS
    let atMs = state.tick * TICK_MS + this.#phaseMs
    if (isSpamming && this.action === 1) atMs = this.#clickMs
    else if (this.action > 0) atMs += (random.float() - random.float()) * JITTER_MS
    this.atMs = Math.max(this.atMs + 1, atMs)
    this.trail.add(this.atMs, state.x, state.y)
    if (this.action === 1) this.#planClick(isSpamming)
  }

  #followPace(tick: number): void {
    const second = Math.floor(tick / TICKS_PER_SECOND)
    if (second === this.#second) return
    this.#second = second
    const { roomPace, ownPace } = this.#options
    const swing = Math.sqrt(ROOM_SHARE) * roomPace.at(second) + Math.sqrt(1 - ROOM_SHARE) * ownPace.at(second)
    this.#swing = swing < 0 ? QUIET * swing : swing
  }

  /** Sets the next click of a run, begins one, or ends it. */
  #planClick(isSpamming: boolean): void {
    const { random, traits } = this.#options
    if (!isSpamming) {
      if (!random.chance(traits.spamShare)) return
      this.#spamEndMs = this.atMs + random.int(SPAM_MS.min, SPAM_MS.max)
    }
    const gapMs = Math.max(FASTEST_CLICK_MS, traits.spamGapMs * (1 + traits.spamSpread * normal(random)))
    this.#clickMs = this.atMs + gapMs
    if (this.#clickMs > this.#spamEndMs) this.#clickMs = Number.POSITIVE_INFINITY
  }
}
