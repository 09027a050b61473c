import { ageBandOf } from '@millrace/contracts'
import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import {
  type Customer,
  campaigns,
  GOLD,
  levels,
  type MusicRaw,
  music,
  type PartOfDay,
  type Track,
} from '../contract.ts'
import { GoldenInterests } from './golden-interests.ts'
import type { ReferenceData } from './reference-data.ts'

const HOUR_MS = 3_600_000
interface TracksOfDay {
  readonly day: string
  readonly gender: string
  readonly track_id: number
  readonly title: string
  readonly artist: string
  plays: number
}

interface Listening {
  readonly customer: Customer
  readonly counts: { morning: number; afternoon: number; evening: number; night: number }
  plays: number
  mobile: number
  lastMs: number
  lastEventId: string
  readonly tracks: Set<number>
  lastRequestDay: string
}

/** The part of the day at an instant. */
function partAt(datetime: string): PartOfDay {
  const hour = Number(datetime.slice(11, 13))
  if (hour >= 5 && hour < 12) return 'morning'
  if (hour >= 12 && hour < 17) return 'afternoon'
  return hour >= 17 && hour < 22 ? 'evening' : 'night'
}

/** The 50 most played tracks of each day and gender. */
function topOf(plays: readonly TracksOfDay[]): GoldenRow[] {
  const lists = Map.groupBy(plays, ({ day, gender }) => `${day} ${gender}`)
  return [...lists.values()].flatMap(list =>
    list
      .sort((a, b) => b.plays - a.plays || a.track_id - b.track_id)
      .slice(0, 50)
      .map((row, index) => ({ ...row, rank: index + 1 })),
  )
}

/** Counts what the simulation sends, and knows from it and from its customers what the tables have to hold. */
export class ListeningTally implements GoldenTally {
  readonly #data: ReferenceData
  readonly #customers: ReadonlyMap<number, Customer>
  readonly #tracks: ReadonlyMap<number, Track>
  readonly #hourly = new Map<
    string,
    { hour: number; dimension: string; value: string; plays: number; mobile: number }
  >()
  readonly #tracksDaily = new Map<string, TracksOfDay>()
  readonly #listens: GoldenRow[] = []
  readonly #byRegion: GoldenRow[] = []
  readonly #interests = new GoldenInterests()
  readonly #listening = new Map<number, Listening>()
  readonly #predictions = new Map<string, GoldenRow>()
  readonly #sms: GoldenRow[] = []

  constructor(data: ReferenceData) {
    this.#data = data
    this.#customers = new Map(data.customers.map(row => [row.CustID, row]))
    this.#tracks = new Map(data.tracks.map(row => [row.TrackId, row]))
  }

  note(record: SimulatedRecord): void {
    if (record.topic !== music.topics.raw.name || !isNewEvent(record)) return
    const event = JSON.parse(record.value) as MusicRaw
    const timeMs = Date.parse(event.datetime)
    const customer = this.#customers.get(event.customer_id)!
    this.#noteListen(event, customer, timeMs)
    this.#noteHour(event, customer, timeMs)
    this.#noteTrack(event, customer)
    this.#interests.note(event, timeMs)
    this.#noteBehaviour(event, customer, timeMs)
  }

  #noteListen(event: MusicRaw, customer: Customer, timeMs: number): void {
    const { eventId, track_id, customer_id, datetime, listening_zip: zip } = event
    const track = this.#tracks.get(track_id)!
    const both = {
      ...{ day: datetime.slice(0, 10), datetime: timeMs, event_id: eventId, customer_id, track_id },
      ...{ title: track.Title, artist: track.Artist, part: partAt(datetime), mobile: event.ismobile },
      region: zip.slice(0, 3),
    }
    this.#listens.push({ ...both, zip, length: track.Length })
    const { Gender: gender, Age, Level: level, Campaign: campaign, Status: status } = customer
    this.#byRegion.push({ ...both, gender, age: Age ?? null, level, campaign, status })
  }

  #noteHour({ ismobile, listening_zip: zip }: MusicRaw, customer: Customer, timeMs: number): void {
    const hour = Math.floor(timeMs / HOUR_MS) * HOUR_MS
    const values = {
      ...{ all: 'all', region: zip.slice(0, 3), gender: String(customer.Gender) },
      age: customer.Age === undefined ? 'unknown' : (ageBandOf(customer.Age) ?? 'unknown'),
      ...{ level: levels[customer.Level]!, campaign: campaigns[customer.Campaign]! },
    }
    for (const [dimension, value] of Object.entries(values)) {
      const key = `${hour} ${dimension} ${value}`
      const row = this.#hourly.get(key) ?? { hour, dimension, value, plays: 0, mobile: 0 }
      row.plays++
      row.mobile += ismobile
      this.#hourly.set(key, row)
    }
  }

  #noteTrack({ track_id, datetime }: MusicRaw, customer: Customer): void {
    const { Title: title, Artist: artist } = this.#tracks.get(track_id)!
    const row = { day: datetime.slice(0, 10), gender: String(customer.Gender), track_id, title, artist }
    const key = JSON.stringify(row)
    const counted = this.#tracksDaily.get(key) ?? { ...row, plays: 0 }
    counted.plays++
    this.#tracksDaily.set(key, counted)
  }

  #noteBehaviour({ eventId, track_id, ismobile, datetime }: MusicRaw, customer: Customer, timeMs: number): void {
    const listening = this.#listening.get(customer.CustID) ?? {
      ...{ customer, counts: { morning: 0, afternoon: 0, evening: 0, night: 0 }, plays: 0, mobile: 0 },
      ...{ lastMs: Number.NEGATIVE_INFINITY, lastEventId: '', tracks: new Set(), lastRequestDay: '' },
    }
    this.#listening.set(customer.CustID, listening)
    listening.counts[partAt(datetime)]++
    listening.plays++
    listening.mobile += ismobile
    listening.tracks.add(track_id)
    if (timeMs > listening.lastMs) {
      listening.lastMs = timeMs
      listening.lastEventId = eventId
    }
    this.#predict(listening)
  }

  #predict(listening: Listening): void {
    const { model } = this.#data
    if (!model) return
    const { customer, counts, plays, mobile, tracks, lastMs, lastEventId } = listening
    const day = new Date(lastMs).toISOString().slice(0, 10)
    const shares = [counts.morning, counts.afternoon, counts.evening, counts.night, mobile, tracks.size].map(
      n => n / plays,
    )
    let logit = model.intercept
    for (const [index, share] of shares.entries()) logit += share * model.coefficients[index]!
    const probability = Math.round(1e6 / (1 + Math.exp(-logit))) / 1e6
    const clicks = plays >= model.minPlays && probability >= model.threshold
    const target = clicks && customer.Status === 1 && customer.Level !== GOLD
    const customer_id = customer.CustID
    const row = { day, customer_id, model_version: model.version, probability, clicks, target }
    this.#predictions.set(`${day} ${customer_id}`, row)
    if (!target || listening.lastRequestDay >= day) return
    listening.lastRequestDay = day
    this.#sms.push({
      ...{ campaign_day: day, customer_id, request_id: `${customer_id}@${day}`, source_event_id: lastEventId },
      ...{ datetime: lastMs, model_version: model.version },
    })
  }

  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    const { model } = this.#data
    return {
      music_listens: this.#listens,
      music_listens_by_region: this.#byRegion,
      music_hourly: [...this.#hourly.values()],
      music_tracks_daily: [...this.#tracksDaily.values()].map(row => ({ ...row })),
      music_top_tracks: topOf([...this.#tracksDaily.values()]),
      music_interests: this.#interests.rows(),
      music_behaviour: [...this.#listening].map(([customer_id, { counts, plays, mobile, tracks, lastMs }]) => ({
        ...{ customer_id, plays, ...counts, mobile, tracks: tracks.size, last_listen: lastMs },
      })),
      music_predictions: [...this.#predictions.values()],
      music_sms: this.#sms,
      music_models: model ? [{ name: model.name, version: model.version, error: model.error }] : [],
    }
  }
}
