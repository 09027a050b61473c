import type { GoldenRow } from '@millrace/simulation'
import type { MusicRaw } from '../contract.ts'

const WITHIN_MS = 30 * 60_000
/** Plays that are older than the newest of their customer and track by more are forgotten: nothing is sent as late as that. */
const KEPT_MS = 4 * WITHIN_MS

interface SentPlay {
  readonly id: string
  readonly timeMs: number
}

/** Which plays crossed: found anew from the plays around each one that is sent, and compared with what was found before. */
export class GoldenInterests {
  readonly #plays = new Map<string, SentPlay[]>()
  readonly #rows = new Map<string, GoldenRow>()

  note({ eventId, customer_id, track_id }: MusicRaw, timeMs: number): void {
    const key = `${customer_id} ${track_id}`
    const plays = [...(this.#plays.get(key) ?? []), { id: eventId, timeMs }].sort(
      (a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1),
    )
    const keptFromMs = plays.at(-1)!.timeMs - KEPT_MS
    this.#plays.set(
      key,
      plays.filter(play => play.timeMs >= keptFromMs),
    )
    let wasThree = false
    for (const [index, { id, timeMs: atMs }] of plays.entries()) {
      const within = plays.slice(0, index + 1).filter(play => play.timeMs > atMs - WITHIN_MS)
      const isThree = within.length >= 3
      const isCrossing = isThree && !wasThree
      wasThree = isThree
      // Plays before it, and those an hour after it, cross as they did.
      if (atMs < timeMs || atMs > timeMs + 2 * WITHIN_MS) continue
      const row = this.#rows.get(id)
      if (isCrossing) {
        const month = new Date(atMs).toISOString().slice(0, 7)
        const since = within[0]!.timeMs
        this.#rows.set(id, { customer_id, month, datetime: atMs, event_id: id, track_id, since, withdrawn: false })
      } else if (row) this.#rows.set(id, { ...row, withdrawn: true })
    }
  }

  rows(): readonly GoldenRow[] {
    return [...this.#rows.values()]
  }
}
