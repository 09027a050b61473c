import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import { type HotelRaw, RANKS, rankings } from '../contract.ts'

const WINDOW_MS = 300_000
/** What a method of the funnel counts as; all other methods count as events only. */
const PLACE = /^\/(buy\/)?places\/(\d+)$/

interface FunnelRow {
  readonly day: string
  readonly window: number
  readonly gender: string
  readonly age: string
  views: number
  place_views: number
  purchases: number
  refunds: number
  events: number
}

interface PlaceRow {
  readonly day: string
  readonly place: number
  clicks: number
  purchases: number
  events: number
}

/** Counts what the simulation sends, and knows from it what the tables of the domain have to hold. */
export class BookingTally implements GoldenTally {
  readonly #funnel = new Map<string, FunnelRow>()
  readonly #places = new Map<string, PlaceRow>()

  note(record: SimulatedRecord): void {
    if (!isNewEvent(record)) return
    const { datetime, method, gender, age } = JSON.parse(record.value) as HotelRaw
    const day = datetime.slice(0, 10)
    const [, bought, number] = PLACE.exec(method) ?? []
    const row = this.#funnelRow(day, Math.floor(Date.parse(datetime) / WINDOW_MS) * WINDOW_MS, gender, age)
    row.events++
    if (method === '/') row.views++
    else if (method === '/refund') row.refunds++
    else if (bought) row.purchases++
    else if (number) row.place_views++
    if (number === undefined) return
    const place = this.#placeRow(day, Number(number))
    place.events++
    place[bought ? 'purchases' : 'clicks']++
  }

  #funnelRow(day: string, window: number, gender: string, age: string): FunnelRow {
    const key = `${window} ${gender} ${age}`
    let row = this.#funnel.get(key)
    if (!row) {
      row = { day, window, gender, age, views: 0, place_views: 0, purchases: 0, refunds: 0, events: 0 }
      this.#funnel.set(key, row)
    }
    return row
  }

  #placeRow(day: string, place: number): PlaceRow {
    const key = `${day} ${place}`
    let row = this.#places.get(key)
    if (!row) {
      row = { day, place, clicks: 0, purchases: 0, events: 0 }
      this.#places.set(key, row)
    }
    return row
  }

  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    return {
      hotel_funnel: [...this.#funnel.values()].map(row => ({ ...row })),
      hotel_places_daily: [...this.#places.values()].map(row => ({ ...row })),
      hotel_top_places: [...Map.groupBy(this.#places.values(), ({ day }) => day)].flatMap(([day, places]) =>
        rankings.flatMap(kind => topOf(day, kind, places)),
      ),
    }
  }
}

function topOf(day: string, kind: (typeof rankings)[number], places: readonly PlaceRow[]): GoldenRow[] {
  return places
    .filter(place => place[kind] > 0)
    .sort((a, b) => b[kind] - a[kind] || a.place - b.place)
    .slice(0, RANKS)
    .map(({ place, [kind]: score }, index) => ({ day, kind, rank: index + 1, place, score }))
}
