/**
 * Kinds of cheating of the realistic profile. jump: the pointer is at the target at once; snap: the last part of the way is a
 * straight stroke of constant speed; macro: a key pressed at an even period; rate: clicks faster than a hand's; clock: the game
 * time runs faster than the clock; assist: a part of the bend of the way taken out.
 */
export const CHEAT_KINDS = ['jump', 'snap', 'macro', 'rate', 'clock', 'assist'] as const
export type CheatKind = (typeof CHEAT_KINDS)[number]

export const DIFFICULTIES = ['easy', 'default', 'hard'] as const
export type Difficulty = (typeof DIFFICULTIES)[number]

/** How strongly a cheat shows, in physical terms. */
export interface Dials {
  /** Share of the player's actions during an episode that are altered or added. */
  readonly share: number
  /** Share of the way that a snap replaces, of the bend that aim assist takes out. */
  readonly alpha: number
  /** Share of the jumps that go elsewhere than the hand was going. */
  readonly elsewhere: number
  /** Coefficient of variation of a macro's gaps. */
  readonly evenness: number
  /** Actions per second of a rate cheat. */
  readonly rate: number
  /** Game time per clock time. */
  readonly clock: number
}

export const DIALS: Readonly<Record<Difficulty, Dials>> = {
  easy: { share: 0.5, alpha: 1, elsewhere: 0.5, evenness: 0.02, rate: 14, clock: 2 },
  default: { share: 0.25, alpha: 0.9, elsewhere: 0.5, evenness: 0.04, rate: 9, clock: 1.5 },
  hard: { share: 0.1, alpha: 0.6, elsewhere: 0.5, evenness: 0.08, rate: 6.5, clock: 1.15 },
}
/** Aim assist takes less of the bend than a snap of the way: 70 % at the default level. */
export const ASSIST_OF_ALPHA = 7 / 9
