import { EventTimeWindow, type TimedEntry } from '@millrace/stream'

const MINUTE_MS = 60_000
/** Three plays of a track within so long are an interest. */
export const WITHIN_MS = 30 * MINUTE_MS

export interface Play extends TimedEntry {
  readonly eventId: string
  /** Where this play crossed: time of the first of the three plays, ms; else null. */
  since: number | null
}

/** A play that crossed, or did so before a late one came. */
export interface Crossing {
  readonly play: Play
  /** Null where it does not cross any more; then `before` says what was published. */
  readonly since: number | null
  readonly before: number | null
}

/** Plays are in the order of their times; those of equal time in the order of their ids, whichever came first. */
const isAfter = (a: Play, b: Play): boolean => a.timeMs > b.timeMs || (a.timeMs === b.timeMs && a.eventId > b.eventId)

/** Time of the first of the three plays that end with this one, where they are close enough; else null. */
function tripleAt(plays: readonly Play[], index: number): number | null {
  const last = plays[index]
  const first = plays[index - 2]
  return last && first && first.timeMs > last.timeMs - WITHIN_MS ? first.timeMs : null
}

/**
 * The latest plays of one customer. A play crosses when it is the third of its track within 30 minutes, and the play of the track
 * before it was not. So at most four plays change when one is added, wherever it belongs.
 */
export class RecentPlays {
  readonly #allowedLatenessMs: number
  readonly #keepMs: number
  /** Every play that is kept; says from which offset they can be read again. */
  readonly #all: EventTimeWindow<Play>
  readonly #byTrack = new Map<number, Play[]>()
  #sweepAtMs = Number.NEGATIVE_INFINITY

  /** @param allowedLatenessMs how much older than the newest a play may be */
  constructor(allowedLatenessMs: number) {
    this.#allowedLatenessMs = allowedLatenessMs
    // What a late play changes depends on plays of up to twice the span before it.
    this.#keepMs = allowedLatenessMs + 2 * WITHIN_MS
    this.#all = new EventTimeWindow({ keepMs: this.#keepMs })
  }

  get dependsFrom(): number {
    return this.#all.dependsFrom
  }

  /** Adds a play, unless it is too late; what crosses since then, or no longer does. */
  add(track: number, event: Pick<Play, 'eventId' | 'timeMs'>, offset: number): Crossing[] {
    const play: Play = { ...event, since: null }
    if (play.timeMs < this.#all.newestMs - this.#allowedLatenessMs) return []
    this.#all.insert(play, offset)
    this.#sweep()
    const plays = this.#byTrack.get(track) ?? []
    this.#byTrack.set(track, plays)
    let place = plays.length
    while (place > 0 && isAfter(plays[place - 1]!, play)) place--
    plays.splice(place, 0, play)
    const crossings: Crossing[] = []
    for (let index = place; index < Math.min(place + 4, plays.length); index++) {
      const changed = plays[index]!
      const before = changed.since
      const since = tripleAt(plays, index - 1) === null ? tripleAt(plays, index) : null
      if (since === before) continue
      changed.since = since
      crossings.push({ play: changed, since, before })
    }
    this.#forgetOld(plays)
    return crossings
  }

  #forgetOld(plays: Play[]): void {
    const keptFromMs = this.#all.newestMs - this.#keepMs
    let old = 0
    while (old < plays.length && plays[old]!.timeMs < keptFromMs) old++
    // Not each time: that would copy the list for every play.
    if (old > 32 && old * 2 >= plays.length) plays.splice(0, old)
  }

  /** Forgets the tracks that were not played for long. */
  #sweep(): void {
    const { newestMs } = this.#all
    if (newestMs < this.#sweepAtMs) return
    this.#sweepAtMs = newestMs + this.#keepMs
    for (const [track, plays] of this.#byTrack)
      if (plays.at(-1)!.timeMs < newestMs - this.#keepMs) this.#byTrack.delete(track)
  }
}
