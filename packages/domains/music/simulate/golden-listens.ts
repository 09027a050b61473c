import type { GoldenRow } from '@millrace/simulation'
import type { Customer, MusicRaw, PartOfDay, Track } from '../contract.ts'

/** The part of the day at an instant. */
function partAt(datetime: string): PartOfDay {
  const hour = Number(datetime.slice(11, 13))
  if (hour >= 5 && hour < 12) return 'morning'
  if (hour >= 12 && hour < 17) return 'afternoon'
  return hour >= 17 && hour < 22 ? 'evening' : 'night'
}

/** Listens with what is known of their customers and tracks. */
export class GoldenListens {
  /** Rows of `music_listens`. */
  readonly byCustomer: GoldenRow[] = []
  /** Rows of `music_listens_by_region`. */
  readonly byRegion: GoldenRow[] = []
  readonly #tracks: ReadonlyMap<number, Track>

  constructor(tracks: readonly Track[]) {
    this.#tracks = new Map(tracks.map(row => [row.TrackId, row]))
  }

  note(event: MusicRaw, customer: Customer, timeMs: number): void {
    const { eventId, track_id, customer_id, datetime, ismobile, listening_zip: zip } = event
    const { Title: title, Artist: artist, Length: length } = this.#tracks.get(track_id)!
    const both = {
      ...{ day: datetime.slice(0, 10), datetime: timeMs, event_id: eventId, customer_id, track_id },
      ...{ title, artist, part: partAt(datetime), mobile: ismobile, region: zip.slice(0, 3) },
    }
    this.byCustomer.push({ ...both, zip, length })
    const { Gender: gender, Age, Level: level, Campaign: campaign, Status: status } = customer
    this.byRegion.push({ ...both, gender, age: Age ?? null, level, campaign, status })
  }
}
