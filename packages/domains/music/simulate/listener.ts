import { createInstantWriter } from '@millrace/contracts'
import { type Actor, Random, type SimulatedRecord } from '@millrace/simulation'
import { type Customer, type MusicTruth, music, type Track } from '../contract.ts'
import type { Charts, Taste } from './taste.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How much is listened to in each hour of the day (UTC); 1 on average. */
const RHYTHM = [
  0.4, 0.25, 0.15, 0.1, 0.15, 0.3, 0.7, 1.1, 1.3, 1.2, 1.1, 1.1, 1.2, 1.1, 1.1, 1.2, 1.4, 1.7, 1.9, 1.9, 1.7, 1.3, 0.9,
  0.75,
]
/** How far a customer's own rhythm departs from that. */
const OWN_RHYTHM = 0.6
/** A track that was just played is played again so often, and again after that. */
const REPEAT_SHARE = 0.08
const REPEAT_AGAIN_SHARE = 0.5
/** So many plays follow from one that is not a repetition, itself included. */
const PLAYS_OF_ONE = 1 + REPEAT_SHARE / (1 - REPEAT_AGAIN_SHARE)
/** A place of listening is the customer's own, near it, or anywhere. */
const AT_HOME = 0.8
const NEAR_HOME = 0.95
/** Shares of the listens after which an offer is shown, and of the offers that are clicked by those who do and those who do not. */
const OFFER_SHARE = 0.4
const CLICK_SHARE = { clicks: 0.6, ignores: 0.001 }
const OFFER_AFTER_MS = 20_000
export const offers = ['ADV_FREE_REFERRAL', 'ADV_LIKE_FACEBOOK', 'ADV_DONATION_CHARITY', 'ADV_REDUCED_1DAY'] as const

const writeInstant = createInstantWriter()
const TOPICS = { raw: music.topics.raw.name, adClicks: music.topics.adClicks.name, truth: music.topics.truth.name }

export interface ListenerOptions {
  /** Unique in the run, above 0. */
  readonly id: number
  readonly customer: Customer
  readonly taste: Taste
  readonly charts: Charts
  readonly labels: readonly (string | number)[]
  /** Listens in a day of a customer with the rate 1. */
  readonly listensPerDay: number
  readonly startMs: number
  readonly endMs: number
}

/** A customer: first the truth record, then listens, and now and then a click on an offer. */
export class Listener implements Actor {
  readonly id: number
  nextMs: number
  readonly #options: ListenerOptions
  readonly #random: Random
  readonly #key: string
  #isIntroduced = false
  #playMs: number
  #clickMs = Number.POSITIVE_INFINITY
  #last: Track | null = null
  #isRepeating = false
  #plays = 0
  #clicks = 0
  #sequence = 0

  constructor(options: ListenerOptions) {
    const { id, labels, customer, startMs } = options
    this.id = id
    this.#options = options
    this.#random = new Random(...labels, 'listener', customer.CustID)
    this.#key = String(customer.CustID)
    this.nextMs = startMs
    this.#playMs = this.#drawPlay(startMs)
  }

  next(): SimulatedRecord {
    if (!this.#isIntroduced) return this.#introduce()
    return this.#clickMs <= this.#playMs ? this.#click() : this.#play()
  }

  /** Time of the next play after `fromMs`: a Poisson process whose rate is that of each hour. */
  #drawPlay(fromMs: number): number {
    const { taste, listensPerDay, endMs } = this.#options
    let atMs = fromMs
    while (atMs < endMs) {
      const hour = Math.floor((atMs % DAY_MS) / HOUR_MS)
      const own = 1 + OWN_RHYTHM * Math.cos((2 * Math.PI * (hour - taste.favouriteHour)) / 24)
      const meanMs = (DAY_MS * PLAYS_OF_ONE) / (listensPerDay * taste.rate * RHYTHM[hour]! * own)
      const hourEndMs = Math.floor(atMs / HOUR_MS) * HOUR_MS + HOUR_MS
      const drawnMs = atMs - Math.log(1 - this.#random.float()) * meanMs
      if (drawnMs < hourEndMs) return Math.ceil(drawnMs)
      atMs = hourEndMs
    }
    return Number.POSITIVE_INFINITY
  }

  #schedule(): void {
    const { endMs } = this.#options
    const nextMs = Math.min(this.#playMs, this.#clickMs)
    this.nextMs = nextMs < endMs ? nextMs : Number.POSITIVE_INFINITY
  }

  #introduce(): SimulatedRecord {
    const { customer, taste, startMs } = this.#options
    const { mobile, variety, clicks } = taste
    const truth: MusicTruth = {
      ...{
        eventId: this.#random.uuid(),
        datetime: writeInstant(startMs),
        CustID: customer.CustID,
        mobile,
        variety,
        clicks,
      },
    }
    this.#isIntroduced = true
    this.#schedule()
    return this.#record(TOPICS.truth, truth.eventId, JSON.stringify(truth), startMs)
  }

  #drawTrack(): Track {
    const { taste, charts } = this.#options
    if (this.#isRepeating && this.#last) return this.#last
    return this.#random.chance(taste.variety) ? charts.draw(this.#random) : this.#random.pick(taste.favourites)
  }

  #drawZip(): string {
    const { zip } = this.#options.customer
    const place = this.#random.float()
    if (place < AT_HOME && zip !== '') return zip
    const digits = String(this.#random.int(0, 99_999)).padStart(5, '0')
    return place < NEAR_HOME && zip.length >= 3 ? zip.slice(0, 3) + digits.slice(3) : digits
  }

  #play(): SimulatedRecord {
    const random = this.#random
    const { customer, taste } = this.#options
    const atMs = this.#playMs
    const track = this.#drawTrack()
    const eventId = random.uuid()
    const isMobile = random.chance(taste.mobile)
    const value = `{"eventId":"${eventId}","event_id":${this.#plays++},"customer_id":${this.#key},"track_id":${track.TrackId},"datetime":"${writeInstant(atMs)}","ismobile":${isMobile ? 1 : 0},"listening_zip":${JSON.stringify(this.#drawZip())}}`
    if (random.chance(OFFER_SHARE) && random.chance(taste.clicks ? CLICK_SHARE.clicks : CLICK_SHARE.ignores))
      this.#clickMs = Math.min(this.#clickMs, atMs + random.int(1, OFFER_AFTER_MS))
    this.#isRepeating = random.chance(this.#isRepeating ? REPEAT_AGAIN_SHARE : REPEAT_SHARE)
    this.#last = track
    this.#playMs = this.#isRepeating ? atMs + track.Length * 1000 + random.int(0, 5000) : this.#drawPlay(atMs)
    this.#schedule()
    return this.#record(TOPICS.raw, eventId, value, atMs, String(customer.CustID))
  }

  #click(): SimulatedRecord {
    const atMs = this.#clickMs
    const eventId = this.#random.uuid()
    const offer = this.#random.pick(offers)
    const value = `{"eventId":"${eventId}","EventID":${this.#clicks++},"CustID":${this.#key},"AdClicked":"${offer}","Localtime":"${writeInstant(atMs)}"}`
    this.#clickMs = Number.POSITIVE_INFINITY
    this.#schedule()
    return this.#record(TOPICS.adClicks, eventId, value, atMs)
  }

  #record(topic: string, eventId: string, value: string, atMs: number, key = this.#key): SimulatedRecord {
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}
