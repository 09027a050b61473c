import { type Actor, type Person, Random, type SimulatedRecord } from '@millrace/simulation'
import { hotel } from '../contract.ts'
import {
  ARRIVAL_MS,
  FRONT_SHARE,
  INTERVAL_MS,
  PAUSE_MS,
  PLACE,
  pageOf,
  placeOf,
  purchaseChance,
  REFUND_CHANCE,
  VISIT_EVENTS,
} from './behaviour.ts'

export interface GuestOptions {
  readonly person: Person
  /** How many places there are. */
  readonly places: number
  /** Labels of the guest's random stream. */
  readonly labels: readonly (string | number)[]
  /** Virtual time covered, ms since the epoch. */
  readonly startMs: number
  readonly endMs: number
  readonly writeInstant: (timeMs: number) => string
}

/** The same text in one piece: V8 keeps what is joined of pieces as a tree, which would be walked for every record. */
const inOnePiece = (text: string): string => Buffer.from(text).toString()

/**
 * A guest who visits the site, stays for some events and comes again after a pause. A place is bought only after it was viewed in the same
 * visit; a refund follows only while there is a booking. The record's JSON is put together from parts that change and parts made once.
 */
export class Guest implements Actor {
  readonly id: number
  nextMs: number
  readonly #options: GuestOptions
  readonly #random: Random
  readonly #purchaseChance: number
  readonly #ipPart: string
  readonly #accountPart: string
  readonly #tails: readonly [string, string]
  /** Places that were viewed in this visit. */
  #viewed: number[] = []
  #left = 0
  #status: 0 | 1 = 0
  #sequence = 0

  constructor(options: GuestOptions) {
    const { person, labels, startMs } = options
    const { number, account, ip, gender, ageBand } = person
    this.id = number
    this.#options = options
    this.#random = new Random(...labels, 'guest', number)
    this.#purchaseChance = purchaseChance(gender)
    this.#ipPart = inOnePiece(`","ip":${JSON.stringify(ip)},"datetime":"`)
    this.#accountPart = inOnePiece(`","account":${JSON.stringify(account)},"method":"`)
    const tail = (status: number) =>
      inOnePiece(`","status":${status},"gender":${JSON.stringify(gender)},"age":${JSON.stringify(ageBand)}}`)
    this.#tails = [tail(0), tail(1)]
    this.nextMs = 0
    this.#enter(startMs + this.#random.int(0, ARRIVAL_MS))
  }

  /** Begins a visit. */
  #enter(atMs: number): void {
    this.#left = this.#random.int(VISIT_EVENTS.min, VISIT_EVENTS.max)
    this.#viewed = []
    this.#goOn(atMs)
  }

  #goOn(atMs: number): void {
    this.nextMs = atMs < this.#options.endMs ? atMs : Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const { person, writeInstant } = this.#options
    const random = this.#random
    const atMs = this.nextMs
    const eventId = random.uuid()
    const method = this.#act()
    // Few and flat pieces: joining them is most of the cost of a record.
    const value =
      '{"eventId":"' +
      eventId +
      '","id":"' +
      random.uuid() +
      this.#ipPart +
      writeInstant(atMs) +
      this.#accountPart +
      method +
      this.#tails[this.#status]
    if (--this.#left > 0) this.#goOn(atMs + random.int(INTERVAL_MS.min, INTERVAL_MS.max))
    else this.#enter(atMs + random.int(PAUSE_MS.min, PAUSE_MS.max))
    const topic = hotel.topics.raw.name
    const key = person.account
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }

  /** Draws what the guest does, and does it. Purchases and refunds take the place of views of the front page. */
  #act(): string {
    const random = this.#random
    const draw = random.float()
    if (this.#viewed.length > 0 && draw < this.#purchaseChance) {
      this.#status = 1
      return `/buy/places/${random.pick(this.#viewed)}`
    }
    if (this.#status === 1 && draw >= FRONT_SHARE - REFUND_CHANCE && draw < FRONT_SHARE) {
      this.#status = 0
      return '/refund'
    }
    const page = pageOf(draw)
    if (page !== PLACE) return page
    const place = placeOf(random.float(), this.#options.places)
    this.#viewed.push(place)
    return PLACE + place
  }
}
