import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import { type Customer, type MusicRaw, music } from '../contract.ts'
import { GoldenInterests } from './golden-interests.ts'
import { GoldenListens } from './golden-listens.ts'
import { GoldenPlays } from './golden-plays.ts'
import { GoldenProfiles } from './golden-profiles.ts'
import type { ReferenceData } from './reference-data.ts'

/** Counts what the simulation sends, and knows from it and from its customers what the tables have to hold. */
export class ListeningTally implements GoldenTally {
  readonly #data: ReferenceData
  readonly #customers: ReadonlyMap<number, Customer>
  readonly #listens: GoldenListens
  readonly #plays: GoldenPlays
  readonly #profiles: GoldenProfiles
  readonly #interests = new GoldenInterests()
  #isModelSent = false

  constructor(data: ReferenceData) {
    this.#data = data
    this.#customers = new Map(data.customers.map(row => [row.CustID, row]))
    this.#listens = new GoldenListens(data.tracks)
    this.#plays = new GoldenPlays(data.tracks)
    this.#profiles = new GoldenProfiles(data.model)
  }

  note(record: SimulatedRecord): void {
    if (record.topic === music.topics.models.name) this.#isModelSent = true
    if (record.topic !== music.topics.raw.name || !isNewEvent(record)) return
    const event = JSON.parse(record.value) as MusicRaw
    const timeMs = Date.parse(event.datetime)
    const customer = this.#customers.get(event.customer_id)!
    this.#listens.note(event, customer, timeMs)
    this.#plays.note(event, customer, timeMs)
    this.#interests.note(event, timeMs)
    this.#profiles.note(event, customer, timeMs)
  }

  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    const { model } = this.#data
    return {
      music_listens: this.#listens.byCustomer,
      music_listens_by_region: this.#listens.byRegion,
      music_hourly: this.#plays.hourly(),
      music_tracks_daily: this.#plays.tracksDaily(),
      music_top_tracks: this.#plays.topTracks(),
      music_interests: this.#interests.rows(),
      music_behaviour: this.#profiles.behaviour(),
      music_predictions: this.#profiles.predictions(),
      music_sms: this.#profiles.sms(),
      music_models:
        model && this.#isModelSent ? [{ name: model.name, version: model.version, error: model.error }] : [],
    }
  }
}
