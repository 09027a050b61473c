import type { GoldenRow } from '@millrace/simulation'
import type { MusicRaw } from '../contract.ts'

const WITHIN_MS = 30 * 60_000
/** Plays that are older than the newest of their customer and track by more are forgotten: nothing is sent as late as that. */
const KEPT_MS = 4 * WITHIN_MS

interface SentPlay {
  readonly id: string
  readonly timeMs: number
}

const isAfter = (play: SentPlay, id: string, timeMs: number): boolean =>
  play.timeMs > timeMs || (play.timeMs === timeMs && play.id > id)

/** A play and those before it within 30 minutes, the newest first. */
function withinOf(plays: readonly SentPlay[], index: number): readonly SentPlay[] {
  const within: SentPlay[] = []
  const last = plays[index]
  for (let at = index; last && at >= 0 && plays[at]!.timeMs > last.timeMs - WITHIN_MS; at--) within.push(plays[at]!)
  return within
}

/** Which plays crossed: found anew from the plays around each one that is sent, and compared with what was found before. */
export class GoldenInterests {
  /** By customer and track. */
  readonly #plays = new Map<number, Map<number, SentPlay[]>>()
  readonly #rows = new Map<string, GoldenRow>()

  note({ eventId, customer_id, track_id }: MusicRaw, timeMs: number): void {
    const byTrack = this.#plays.get(customer_id) ?? new Map<number, SentPlay[]>()
    this.#plays.set(customer_id, byTrack)
    const plays = byTrack.get(track_id) ?? []
    byTrack.set(track_id, plays)
    let place = plays.length
    while (place > 0 && isAfter(plays[place - 1]!, eventId, timeMs)) place--
    plays.splice(place, 0, { id: eventId, timeMs })
    while (plays[0]!.timeMs < plays.at(-1)!.timeMs - KEPT_MS) {
      plays.shift()
      place--
    }
    // Plays before it, and those an hour after it, cross as they did.
    let wasThree = withinOf(plays, place - 1).length >= 3
    for (let index = place; index < plays.length && plays[index]!.timeMs <= timeMs + 2 * WITHIN_MS; index++) {
      const { id, timeMs: atMs } = plays[index]!
      const within = withinOf(plays, index)
      const isThree = within.length >= 3
      if (isThree && !wasThree) {
        const month = new Date(atMs).toISOString().slice(0, 7)
        const since = within.at(-1)!.timeMs
        this.#rows.set(id, { customer_id, month, datetime: atMs, event_id: id, track_id, since, withdrawn: false })
      } else {
        const row = this.#rows.get(id)
        if (row) this.#rows.set(id, { ...row, withdrawn: true })
      }
      wasThree = isThree
    }
  }

  rows(): readonly GoldenRow[] {
    return [...this.#rows.values()]
  }
}
