import type { GoldenRow } from '@millrace/simulation'
import type { MusicRaw } from '../contract.ts'

const WITHIN_MS = 30 * 60_000

interface SentPlay {
  readonly id: string
  readonly timeMs: number
}

/** Which plays crossed: found anew from all plays of a customer and track whenever one is sent, and compared with what was found before. */
export class GoldenInterests {
  readonly #plays = new Map<string, SentPlay[]>()
  readonly #rows = new Map<string, GoldenRow>()

  note({ eventId, customer_id, track_id }: MusicRaw, timeMs: number): void {
    const key = `${customer_id} ${track_id}`
    const plays = [...(this.#plays.get(key) ?? []), { id: eventId, timeMs }]
    plays.sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1))
    this.#plays.set(key, plays)
    const found = new Set<string>()
    let wasThree = false
    for (const [index, { id, timeMs: atMs }] of plays.entries()) {
      const within = plays.slice(0, index + 1).filter(play => play.timeMs > atMs - WITHIN_MS)
      const isThree = within.length >= 3
      if (isThree && !wasThree) {
        found.add(id)
        const since = within[0]!.timeMs
        const month = new Date(atMs).toISOString().slice(0, 7)
        this.#rows.set(id, { customer_id, month, datetime: atMs, event_id: id, track_id, since, withdrawn: false })
      }
      wasThree = isThree
    }
    for (const { id } of plays) {
      const row = this.#rows.get(id)
      if (row && !found.has(id)) this.#rows.set(id, { ...row, withdrawn: true })
    }
  }

  rows(): readonly GoldenRow[] {
    return [...this.#rows.values()]
  }
}
