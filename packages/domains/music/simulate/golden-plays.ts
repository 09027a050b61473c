import { ageBandOf } from '@millrace/contracts'
import type { GoldenRow } from '@millrace/simulation'
import { type Customer, campaigns, levels, type MusicRaw, type Track } from '../contract.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RANKED = 50

interface HourRow extends Record<string, string | number> {
  plays: number
  mobile: number
}
interface TrackRow extends Record<string, string | number> {
  plays: number
}

/** What is known of an hour: its rows, and those that each customer's listens count in, wherever they are. */
interface Hour {
  readonly rows: Map<string, HourRow>
  readonly ofCustomer: Map<number, readonly HourRow[]>
  readonly ofRegion: Map<string, HourRow>
}

/** How many plays each hour and each track has. */
export class GoldenPlays {
  readonly #tracks: ReadonlyMap<number, Track>
  readonly #hours = new Map<number, Hour>()
  /** By day and gender, then by track. */
  readonly #tracksDaily = new Map<string, Map<number, TrackRow>>()

  constructor(tracks: readonly Track[]) {
    this.#tracks = new Map(tracks.map(row => [row.TrackId, row]))
  }

  note(event: MusicRaw, customer: Customer, timeMs: number): void {
    this.#noteHour(event, customer, Math.floor(timeMs / HOUR_MS) * HOUR_MS)
    const dayMs = Math.floor(timeMs / DAY_MS) * DAY_MS
    const group = `${dayMs} ${customer.Gender}`
    const byTrack = this.#tracksDaily.get(group) ?? new Map<number, TrackRow>()
    this.#tracksDaily.set(group, byTrack)
    const row = byTrack.get(event.track_id) ?? this.#trackRow(event.track_id, customer, dayMs)
    byTrack.set(event.track_id, row)
    row.plays++
  }

  #trackRow(track_id: number, { Gender }: Customer, dayMs: number): TrackRow {
    const { Title: title, Artist: artist } = this.#tracks.get(track_id)!
    return {
      day: new Date(dayMs).toISOString().slice(0, 10),
      gender: String(Gender),
      track_id,
      title,
      artist,
      plays: 0,
    }
  }

  #noteHour({ ismobile, listening_zip: zip }: MusicRaw, customer: Customer, hour: number): void {
    const found = this.#hours.get(hour) ?? { rows: new Map(), ofCustomer: new Map(), ofRegion: new Map() }
    this.#hours.set(hour, found)
    const rowOf = (dimension: string, value: string): HourRow => {
      const key = `${dimension} ${value}`
      const row = found.rows.get(key) ?? { hour, dimension, value, plays: 0, mobile: 0 }
      found.rows.set(key, row)
      return row
    }
    const place = zip.slice(0, 3)
    const region = found.ofRegion.get(place) ?? rowOf('region', place)
    found.ofRegion.set(place, region)
    const { CustID, Gender, Age, Level, Campaign } = customer
    const rows = found.ofCustomer.get(CustID) ?? [
      rowOf('all', 'all'),
      rowOf('gender', String(Gender)),
      rowOf('age', Age === undefined ? 'unknown' : (ageBandOf(Age) ?? 'unknown')),
      rowOf('level', levels[Level]!),
      rowOf('campaign', campaigns[Campaign]!),
    ]
    found.ofCustomer.set(CustID, rows)
    region.plays++
    region.mobile += ismobile
    for (const row of rows) {
      row.plays++
      row.mobile += ismobile
    }
  }

  /** Rows of `music_hourly`. */
  hourly(): readonly GoldenRow[] {
    return [...this.#hours.values()].flatMap(({ rows }) => [...rows.values()])
  }

  /** Rows of `music_top_tracks`: the 50 most played tracks of each day and gender. */
  topTracks(): readonly GoldenRow[] {
    return [...this.#tracksDaily.values()].flatMap(rows =>
      [...rows.entries()]
        .sort(([a, x], [b, y]) => y.plays - x.plays || a - b)
        .slice(0, RANKED)
        .map(([, row], index) => ({ ...row, rank: index + 1 })),
    )
  }

  /** Rows of `music_tracks_daily`. */
  tracksDaily(): readonly GoldenRow[] {
    return [...this.#tracksDaily.values()].flatMap(rows => [...rows.values()])
  }
}
