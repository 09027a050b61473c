import type { Random } from '@millrace/simulation'
import type { ApproachPoint } from '../../approach.ts'
import { MAX_ITEMS, type Method } from '../seed-profile.ts'

/** Chance that an action of a living player ends in death: about one in four minutes. */
const DEATH_SHARE = 1 / 480
/** How long a death lasts at the start of a match, and how much longer a minute later, ms. */
const DEATH_MS = 8_000
const DEATH_MS_PER_MINUTE = 1_000
/** Share of the move commands that buy something while there is room. */
const GET_ITEM_SHARE = 1 / 400
/** A client without actions says that it waits, ms. */
export const HEARTBEAT_MS = 5_000

const KEYS = ['q', 'q', 'q', 'w', 'w', 'e', 'e', 'r', 'd', 'f'] as const

/** A key that repeats while it is held: the first time after this, then at this period, ms. */
const REPEAT_DELAY_MS = 260
const REPEAT_PERIOD_MS = 33
const HOLD_MS = { min: 400, max: 1500 }

/** An action as the client is about to send it. */
export interface Press {
  /** ms since the start of the match. */
  readonly atMs: number
  readonly method: Method
  readonly key: string
  /** Place, px of the view. */
  x: number
  y: number
  approach: readonly ApproachPoint[]
  /** Whether a cheat changed or added it. */
  isAltered: boolean
  /** Whether it is a press of the cheat and none of the hand. */
  readonly isAdded: boolean
}

/** What a client knows of its player in one match: items, deaths, keys that are held, and when it says that it waits. */
export class MatchClient {
  items = 0
  deaths = 0
  #deadUntilMs = 0
  #beatMs = HEARTBEAT_MS
  #repeatMs = Number.POSITIVE_INFINITY
  #repeatUntilMs = 0
  #repeatKey = ''
  readonly #random: Random
  readonly #holdShare: number

  constructor(random: Random, holdShare: number) {
    this.#random = random
    this.#holdShare = holdShare
  }

  isDeadAt(atMs: number): boolean {
    return atMs < this.#deadUntilMs
  }

  /** Method and key of an action of the hand: 1 a move or attack command, 2 an ability. */
  act(action: number, atMs: number): { readonly method: Method; readonly key: string } {
    const random = this.#random
    this.#beatMs = this.isDeadAt(atMs) ? this.#beatMs : atMs + HEARTBEAT_MS
    if (!this.isDeadAt(atMs) && random.chance(DEATH_SHARE)) {
      this.deaths++
      this.#deadUntilMs = atMs + DEATH_MS + (DEATH_MS_PER_MINUTE * atMs) / 60_000
    }
    if (action === 1) {
      if (this.items >= MAX_ITEMS || !random.chance(GET_ITEM_SHARE)) return { method: '/move', key: 'none' }
      this.items++
      return { method: '/getItem', key: 'none' }
    }
    const key = random.pick(KEYS)
    if (random.chance(this.#holdShare)) {
      this.#repeatKey = key
      this.#repeatMs = atMs + REPEAT_DELAY_MS
      this.#repeatUntilMs = atMs + random.int(HOLD_MS.min, HOLD_MS.max)
    }
    return { method: '/move', key }
  }

  /** Time and key of the next repetition or heartbeat before `untilMs`; null when there is none. */
  takeDue(untilMs: number): { readonly atMs: number; readonly key: string | null } | null {
    if (this.#repeatMs >= this.#repeatUntilMs) this.#repeatMs = Number.POSITIVE_INFINITY
    if (this.#repeatMs < untilMs && this.#repeatMs <= this.#beatMs) {
      const atMs = this.#repeatMs
      this.#repeatMs += REPEAT_PERIOD_MS
      return { atMs, key: this.#repeatKey }
    }
    if (this.#beatMs >= untilMs) return null
    const atMs = this.#beatMs
    this.#beatMs += HEARTBEAT_MS
    return { atMs, key: null }
  }
}
