import type { Random } from '@millrace/simulation'
import { normal } from './normal.ts'
import type { PaceTable } from './play-tables.ts'

export type Device = 'mouse' | 'touchpad' | 'tablet'

/** What a player is like in all matches. */
export interface Traits {
  /** Added to the log-odds of a move command and of an ability. */
  readonly tempo: number
  readonly abilityTempo: number
  /** Map units per px of the view. */
  readonly scale: number
  /** Chance that a move command begins a run of clicks. */
  readonly spamShare: number
  /** Mean gap between the clicks of a run, ms, and its coefficient of variation. */
  readonly spamGapMs: number
  readonly spamSpread: number
  /** Chance that an ability's key is held down, so that it repeats. */
  readonly holdShare: number
  readonly device: Device
  /** Highest rate at which the client samples the pointer, Hz. */
  readonly sampleHz: number
  /** Share of the pointer's samples that are lost. */
  readonly lossShare: number
}

/** Median and spread of the scale: pointers of League of Legends go 820 px a second. */
const SCALE = 1.07
const SCALE_SPREAD = 0.2
const SPAM_SHARE = 0.006
/** Quartiles of the gaps of spam-clicking are 190 to 310 ms. */
const SPAM_GAP_MS = { min: 180, max: 320 }
const SPAM_SPREAD = { min: 0.1, max: 0.35 }
/** Share of players whose keys repeat, and of their presses that are held long enough. */
const REPEATERS = 0.2
const HOLD_SHARE = 0.01

/** Shares of the devices. */
const TOUCHPADS = 0.08
const TABLETS = 0.04
/** Pointers move less far on a touchpad. */
const TOUCHPAD_SCALE = 0.8

/** Share of clients that draw, and so sample, at a low rate; of connections that lose samples. */
const SLOW_CLIENTS = 0.06
const POOR_CONNECTIONS = 0.1

const between = (random: Random, { min, max }: { readonly min: number; readonly max: number }): number =>
  min + random.float() * (max - min)

/** Draws what a player is like. */
export function drawTraits(random: Random, pace: PaceTable): Traits {
  const tempo = pace.tempoSpread * normal(random)
  const device = random.float()
  const kind: Device = device < TABLETS ? 'tablet' : device < TABLETS + TOUCHPADS ? 'touchpad' : 'mouse'
  return {
    tempo: pace.moves + tempo,
    abilityTempo: pace.abilities + tempo + pace.abilitySpread * normal(random),
    scale: SCALE * Math.exp(SCALE_SPREAD * normal(random)) * (kind === 'touchpad' ? TOUCHPAD_SCALE : 1),
    spamShare: SPAM_SHARE * Math.exp(0.7 * normal(random)),
    spamGapMs: between(random, SPAM_GAP_MS),
    spamSpread: between(random, SPAM_SPREAD),
    holdShare: random.chance(REPEATERS) ? HOLD_SHARE : 0,
    device: kind,
    sampleHz: random.chance(SLOW_CLIENTS) ? random.int(10, 30) : kind === 'mouse' ? 125 : 60,
    lossShare: random.chance(POOR_CONNECTIONS) ? between(random, { min: 0.02, max: 0.06 }) : random.float() * 0.004,
  }
}
