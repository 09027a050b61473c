import type { Random } from '@millrace/simulation'

/*
 * The published behaviour of the compatibility scenario. Where it leaves a number open, the number chosen is marked so.
 */

/** Length of a match, ms. */
export const MATCH_MS = { min: 20 * 60_000, max: 60 * 60_000 }
/** A room plays one match per hour: the rest of the hour is the break before the next. */
export const MATCH_SLOT_MS = 60 * 60_000
/** Chosen: the first match of a slot begins within this, as far as its length allows. */
export const START_SPREAD_MS = 30_000
/** Chosen: time between two actions of a player, even between these; 9.3 s on average, so an hour of 100 players has about 25,000. */
export const INTERVAL_MS = { min: 3_000, max: 15_600 }
/** Chosen: how long a death lasts. */
export const DEATH_MS = { min: 10_000, max: 60_000 }

export const DEATH_SHARE = 0.01
export const MAX_ITEMS = 6
const WAIT_SHARE = 0.15
const GET_ITEM_SHARE = 0.03

const NEAR = 400
const HONEST = { share: 0.01, far: 1250 }
const CHEATER = { share: 0.3, far: 3000 }

const COMMON_KEYS = ['q', 'w', 'e', 'r', 'space', 'b']
const UNCOMMON_KEYS = ['d', 'f', 'none']
const RARE_KEYS = ['alt', 'tab', 'alt+tab', 'esc', 'shift', 'enter']
/** Of keys that are not rare, the share of common ones: 71.25 of 95. */
const COMMON_OF_USUAL = 0.75
const RARE_SHARE = 0.05
/** Chosen: cheaters press rare keys three times as often, the others in the same proportion to each other. */
const CHEATER_RARE_SHARE = 0.15

/** Kind of cheating in the truth records. */
export const CHEAT_KIND = 'irregular-moves'

export type Method = '/move' | '/wait' | '/getItem'

export function drawMethod(random: Random, items: number): Method {
  const draw = random.float()
  if (draw < WAIT_SHARE) return '/wait'
  return draw < WAIT_SHARE + GET_ITEM_SHARE && items < MAX_ITEMS ? '/getItem' : '/move'
}

/** One coordinate of the pointer, map units. */
export function drawCoordinate(random: Random, cheats: boolean): number {
  const { share, far } = cheats ? CHEATER : HONEST
  const limit = random.chance(share) ? far : NEAR
  return random.int(-limit, limit)
}

export function drawKey(random: Random, cheats: boolean): string {
  const rare = cheats ? CHEATER_RARE_SHARE : RARE_SHARE
  const draw = random.float()
  if (draw < rare) return random.pick(RARE_KEYS)
  return random.pick(draw < rare + (1 - rare) * COMMON_OF_USUAL ? COMMON_KEYS : UNCOMMON_KEYS)
}
