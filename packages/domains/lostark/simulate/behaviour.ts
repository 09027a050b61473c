import type { Random } from '@millrace/simulation'
import type { Boss } from '../names.ts'

/*
 * The published behaviour of the scenario. Where it leaves a number open, the number chosen is marked so.
 */

/** Chosen: time between two actions of a player, even between these; so 40 players have about 3,500 events in 20 minutes. */
export const INTERVAL_MS = { min: 5_000, max: 13_800 }
/** Chosen: break between two raids of a party, and before its first one. */
export const BREAK_MS = { min: 30_000, max: 90_000 }
/** Chosen: how long after the last death a raid that failed ends. */
export const WIPE_MS = 2_000

/** Chosen: probability of a player to die in a raid with the easiest and the hardest boss; between them it grows with the difficulty. */
const DEATH = { easiest: 0.55, hardest: 0.92 }
/** Chosen: nobody dies in this first part of a raid. */
const SAFE_PART = 0.2
const EASIEST = 1445
const HARDEST = 1630

const WAIT_SHARE = 0.15
const CHAT_SHARE = 0.085

const COMMON_KEYS = ['q', 'w', 'e', 'r', 'a', 's', 'd', 'f', 'space', 'b']
const RARE_KEYS = ['none', 'tab', 'alt', 'esc', 'shift', 'enter']
/** Chosen: the published share is "mostly". */
const RARE_KEY_SHARE = 0.05
/** Chosen: coordinates are even within this, per axis. */
const FAR = 400

export const methods = ['/move', '/wait', '/chat'] as const
export type Method = (typeof methods)[number]

export function drawMethod(random: Random): Method {
  const draw = random.float()
  if (draw < WAIT_SHARE) return '/wait'
  return draw < WAIT_SHARE + CHAT_SHARE ? '/chat' : '/move'
}

/** One coordinate of the pointer, map units. */
export const drawCoordinate = (random: Random): number => random.int(-FAR, FAR)

export const drawKey = (random: Random): string => random.pick(random.chance(RARE_KEY_SHARE) ? RARE_KEYS : COMMON_KEYS)

/** Probability of a player to die in a raid. */
export const deathProbabilityOf = ({ difficulty }: Boss): number =>
  DEATH.easiest + ((DEATH.hardest - DEATH.easiest) * (difficulty - EASIEST)) / (HARDEST - EASIEST)

/** When a player dies, ms since the start of the raid; Infinity for one that does not. */
export function drawDeathMs(random: Random, boss: Boss): number {
  const dies = random.chance(deathProbabilityOf(boss))
  const part = SAFE_PART + (1 - SAFE_PART) * random.float()
  return dies ? Math.floor(part * boss.limitSec * 1000) : Number.POSITIVE_INFINITY
}
