import type { Random } from '@millrace/simulation'
import type { Approach } from '../../approach.ts'
import { VIEW } from '../realistic/bins.ts'
import { normal } from '../realistic/normal.ts'
import { assistApproach, jumpElsewhere, jumpToOwnTarget, snapApproach } from './alter-approach.ts'
import { drawEpisodes, type Episode } from './episodes.ts'
import { ASSIST_OF_ALPHA, type CheatKind, type Dials } from './kinds.ts'

/** What a cheat does to an action: the way to it, and how far the action itself moves, px of the view. */
export interface Alteration {
  readonly approach: (approach: Approach) => Approach
  readonly dx: number
  readonly dy: number
}

/** A pointer that moved less than this in the last half second has no way to alter, px. */
const LEAST_WAY = 40
/** How far elsewhere a jump goes, px. */
const JUMP_PX = { min: 300, max: 700 }
const JUMP_TRIES = 12
/** Actions per second of a hand, which the share of added presses is of. */
const HAND_RATE = 2
const MACRO_PRESSES = { min: 20, max: 60 }
const MACRO_PERIOD_MS = { min: 250, max: 450 }
const MACRO_KEYS = ['q', 'w', 'e', 'r'] as const
const BURST_MS = { min: 4000, max: 10_000 }
/** Coefficient of variation of the gaps of a rate cheat. */
const BURST_SPREAD = 0.3
const LEAST_GAP_MS = 20

/** A player's way of cheating in one match. Times are ms since the start of the match. */
export class Cheater {
  readonly kind: CheatKind
  /** Key of added presses. */
  readonly key: string
  readonly #dials: Dials
  readonly #random: Random
  readonly #episodes: readonly Episode[]
  #current = 0
  /** Expected alterations of the actions since the last one that could be altered, so that the share is one of all actions. */
  #owed = 0
  /** Time of the next added press, and how many of its run are left. */
  #pressMs = Number.NaN
  #left = 0
  #gapMs = 0
  #spread = 0

  constructor(kind: CheatKind, dials: Dials, options: { readonly lengthMs: number; readonly random: Random }) {
    this.kind = kind
    this.#dials = dials
    this.#random = options.random
    this.#episodes = drawEpisodes(options.lengthMs, options.random)
    this.key = kind === 'macro' ? options.random.pick(MACRO_KEYS) : 'none'
  }

  /** The episode that is on at a time, or the next one; undefined after the last. Must be asked for times that do not decrease. */
  episodeAt(atMs: number): Episode | undefined {
    while (this.#current < this.#episodes.length && this.#episodes[this.#current]!.toMs <= atMs) {
      this.#current++
      this.#pressMs = Number.NaN
      this.#left = 0
    }
    return this.#episodes[this.#current]
  }

  #isOnAt(atMs: number): boolean {
    const episode = this.episodeAt(atMs)
    return episode !== undefined && episode.fromMs <= atMs
  }

  /**
   * What happens to an action of the hand; null for one that stays as it is.
   *
   * @param place where the action is, px of the view
   * @param way length of the pointer's way in the half second before, px
   */
  alterationOf(atMs: number, place: { readonly x: number; readonly y: number }, way: number): Alteration | null {
    const { kind } = this
    if (kind !== 'jump' && kind !== 'snap' && kind !== 'assist') return null
    if (!this.#isOnAt(atMs)) return null
    const { alpha, share, elsewhere } = this.#dials
    this.#owed = Math.min(1, this.#owed + share)
    if (way < LEAST_WAY) return null
    const isAltered = this.#random.chance(this.#owed)
    this.#owed = 0
    if (!isAltered) return null
    if (kind === 'snap') return { approach: approach => snapApproach(approach, alpha), dx: 0, dy: 0 }
    if (kind === 'assist')
      return { approach: approach => assistApproach(approach, alpha * ASSIST_OF_ALPHA), dx: 0, dy: 0 }
    return this.#random.chance(elsewhere) ? this.#jumpElsewhere(place) : { approach: jumpToOwnTarget, dx: 0, dy: 0 }
  }

  #jumpElsewhere({ x, y }: { readonly x: number; readonly y: number }): Alteration {
    const random = this.#random
    for (let attempt = 0; attempt < JUMP_TRIES; attempt++) {
      const px = JUMP_PX.min + random.float() * (JUMP_PX.max - JUMP_PX.min)
      const direction = random.float() * 2 * Math.PI
      const dx = Math.round(px * Math.cos(direction))
      const dy = Math.round(px * Math.sin(direction))
      if (x + dx < 0 || x + dx >= VIEW.width || y + dy < 0 || y + dy >= VIEW.height) continue
      return { approach: approach => jumpElsewhere(approach, dx, dy), dx, dy }
    }
    return { approach: jumpToOwnTarget, dx: 0, dy: 0 }
  }

  /** Time of the next press that the cheat adds, if it is before `untilMs`; NaN when there is none. */
  nextPressMs(untilMs: number): number {
    if (this.kind !== 'macro' && this.kind !== 'rate') return Number.NaN
    for (;;) {
      const episode = this.#episodes[this.#current]
      if (!episode || episode.fromMs >= untilMs) return Number.NaN
      if (Number.isNaN(this.#pressMs)) this.#beginRun(episode.fromMs)
      if (this.#pressMs >= episode.toMs) this.episodeAt(episode.toMs)
      else return this.#pressMs < untilMs ? this.#pressMs : Number.NaN
    }
  }

  /** Takes the press that `nextPressMs` told of. */
  takePress(): void {
    if (--this.#left > 0)
      this.#pressMs += Math.max(LEAST_GAP_MS, this.#gapMs * (1 + this.#spread * normal(this.#random)))
    else this.#beginRun(this.#pressMs)
  }

  /** Plans a run of presses after a pause with which the dial's share of the actions are presses of the cheat. */
  #beginRun(afterMs: number): void {
    const random = this.#random
    const { share, evenness, rate } = this.#dials
    if (this.kind === 'macro') {
      this.#left = random.int(MACRO_PRESSES.min, MACRO_PRESSES.max)
      this.#gapMs = random.int(MACRO_PERIOD_MS.min, MACRO_PERIOD_MS.max)
      this.#spread = evenness
    } else {
      this.#gapMs = 1000 / rate
      this.#left = Math.round(random.int(BURST_MS.min, BURST_MS.max) / this.#gapMs)
      this.#spread = BURST_SPREAD
    }
    const handMs = (this.#left * (1 / share - 1) * 1000) / HAND_RATE
    const pauseMs = Math.max(1000, handMs - this.#left * this.#gapMs)
    this.#pressMs = afterMs + pauseMs * (0.5 + random.float())
  }

  /** The game time that a client shows at a time of the match, ms. */
  gameMsAt(atMs: number): number {
    if (this.kind !== 'clock' || !this.#isOnAt(atMs)) return atMs
    const { fromMs } = this.#episodes[this.#current]!
    return fromMs + (atMs - fromMs) * this.#dials.clock
  }
}
