import type { Random } from '@millrace/simulation'

/** A time in which a player cheats, ms since the start of the match; the end is not part of it. */
export interface Episode {
  readonly fromMs: number
  readonly toMs: number
}

/** How long a player cheats, and for how long not: minutes each, evenly distributed between these. */
export const EPISODE_MS = { min: 120_000, max: 360_000 }
export const PAUSE_MS = { min: 60_000, max: 240_000 }
/** The first episode of a match begins within this. */
export const FIRST_EPISODE_MS = { min: 20_000, max: 120_000 }

/** The episodes of a match that lasts `lengthMs`, in order; the last one may end with the match. */
export function drawEpisodes(lengthMs: number, random: Random): Episode[] {
  const episodes: Episode[] = []
  let fromMs = random.int(FIRST_EPISODE_MS.min, FIRST_EPISODE_MS.max)
  while (fromMs < lengthMs) {
    const toMs = fromMs + random.int(EPISODE_MS.min, EPISODE_MS.max)
    episodes.push({ fromMs, toMs: Math.min(toMs, lengthMs) })
    fromMs = toMs + random.int(PAUSE_MS.min, PAUSE_MS.max)
  }
  return episodes
}
