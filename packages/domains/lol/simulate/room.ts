import { Random } from '@millrace/simulation'
import { lolChampions } from '../contract.ts'
import { MATCH_MS, MATCH_SLOT_MS, START_SPREAD_MS } from './seed-profile.ts'

/** One match of a room. Times are ms since the epoch. */
export interface Match {
  readonly roomID: string
  readonly startMs: number
  readonly endMs: number
  /** Champion of each player of the room, no two the same. */
  readonly champions: readonly string[]
}

/** A party of players that plays one match after another; every match is a room of its own with an id of its own. */
export interface Room {
  /** The match with this number, from 0. */
  matchAt(number: number): Match
}

/**
 * @param labels name the room's random streams
 * @param players how many play in it, at most as many as there are champions
 * @param startMs start of the simulation, ms since the epoch
 */
export function createRoom(options: {
  readonly labels: readonly (string | number)[]
  readonly players: number
  readonly startMs: number
}): Room {
  // All players of a room are in the same match or one apart.
  const recent = new Map<number, Match>()
  return {
    matchAt(number) {
      let match = recent.get(number)
      if (!match) {
        match = drawMatch(options, number)
        recent.set(number, match)
        recent.delete(number - 2)
      }
      return match
    },
  }
}

function drawMatch(
  { labels, players, startMs }: { labels: readonly (string | number)[]; players: number; startMs: number },
  number: number,
): Match {
  const random = new Random(...labels, 'match', number)
  const lengthMs = random.int(MATCH_MS.min, MATCH_MS.max)
  const beginMs = startMs + number * MATCH_SLOT_MS + random.int(0, Math.min(START_SPREAD_MS, MATCH_SLOT_MS - lengthMs))
  return {
    roomID: random.uuid(),
    startMs: beginMs,
    endMs: beginMs + lengthMs,
    champions: random.sample(lolChampions, players),
  }
}
