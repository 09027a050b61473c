import { Random } from '@millrace/simulation'
import { type Boss, bosses } from '../names.ts'
import { BREAK_MS, drawDeathMs, WIPE_MS } from './behaviour.ts'
import { PARTY_SIZE } from './options.ts'

/** At the end of a run, the time in which no raid's time is up: each one is up well before or not at all. */
const END_MARGIN_MS = 60_000
/** Raids without closing records end so long before the end of a run that their party begins another raid. */
const NEXT_RAID_MS = 240_000

/** One raid of a party. Times are ms since the epoch. */
export interface Raid {
  readonly boss: Boss
  readonly startMs: number
  /** When it is over: the time is up, or everyone is dead. */
  readonly endMs: number
  readonly isSuccess: boolean
  /** False where the clients crash at the end and send no closing records. */
  readonly isClosed: boolean
  /** By place in the party; Infinity for a player who survives. */
  readonly deathsMs: readonly number[]
}

/** A party that plays one raid after another, in one session. */
export interface Room {
  readonly sessionID: string
  /** The raid with this number, from 0; numbers must not fall behind the highest by more than one. */
  raidAt(number: number): Raid
}

export interface RoomOptions {
  /** Name the room's random streams. */
  readonly labels: readonly (string | number)[]
  /** Virtual time covered, ms since the epoch. */
  readonly startMs: number
  readonly endMs: number
  /** Share of raids without closing records. */
  readonly unclosed: number
}

export function createRoom(options: RoomOptions): Room {
  const { labels, startMs } = options
  const recent: { readonly number: number; readonly raid: Raid }[] = []
  return {
    sessionID: new Random(...labels, 'session').uuid(),
    raidAt(number) {
      for (;;) {
        const found = recent.find(one => one.number === number)
        if (found) return found.raid
        const last = recent.at(-1)
        const next = last ? last.number + 1 : 0
        recent.push({ number: next, raid: drawRaid(options, next, last ? last.raid.endMs : startMs) })
        if (recent.length > 2) recent.shift()
      }
    },
  }
}

/** @param beforeMs end of the raid before */
function drawRaid({ labels, endMs: runEndMs, unclosed }: RoomOptions, number: number, beforeMs: number): Raid {
  const random = new Random(...labels, 'raid', number)
  const boss = random.pick(bosses)
  const limitMs = boss.limitSec * 1000
  let startMs = beforeMs + random.int(BREAK_MS.min, BREAK_MS.max)
  // Whether the time of a raid was up is known from later records; near the end of a run there might be none.
  if (startMs + limitMs < runEndMs && startMs + limitMs >= runEndMs - END_MARGIN_MS)
    startMs = runEndMs - limitMs + 1_000
  const upMs = startMs + limitMs
  const deathsMs = Array.from({ length: PARTY_SIZE }, () => startMs + drawDeathMs(random, boss))
  const lastDeathMs = Math.max(...deathsMs)
  const isSuccess = lastDeathMs === Number.POSITIVE_INFINITY
  const isClosed = !random.chance(unclosed) || upMs > runEndMs - NEXT_RAID_MS
  return {
    boss,
    startMs,
    endMs: isSuccess ? upMs : Math.min(lastDeathMs + WIPE_MS, upMs),
    isSuccess,
    isClosed,
    deathsMs,
  }
}
