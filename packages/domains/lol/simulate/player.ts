import { type Actor, Random, type SimulatedRecord } from '@millrace/simulation'
import type { LolTruth } from '../contract.ts'
import { deathPart, gameTime, inOnePiece, ipPart, METHOD_PART } from './action-text.ts'
import type { Match, Room } from './room.ts'
import { CHEAT_KIND, DEATH_MS, DEATH_SHARE, drawCoordinate, drawKey, drawMethod, INTERVAL_MS } from './seed-profile.ts'

export interface PlayerOptions {
  /** Number of the player in the whole population, from 0. */
  readonly id: number
  readonly account: string
  readonly ip: string
  readonly room: Room
  /** Place in the room, from 0. */
  readonly seat: number
  /** Labels of the player's random stream. */
  readonly labels: readonly (string | number)[]
  /** End of the simulation, ms since the epoch; a match that is still on then ends there. */
  readonly endMs: number
  readonly isCheater: (champion: string) => boolean
  readonly writeInstant: (timeMs: number) => string
}

/**
 * A player of the seed profile: one action every few seconds while a match is on, and at its end one truth record, if there
 * was any action to label. The record's JSON is put together from parts that change and parts made once per match.
 */
export class Player implements Actor {
  readonly id: number
  nextMs = 0
  readonly #options: PlayerOptions
  readonly #random: Random
  readonly #ipPart: string
  #matchNumber = -1
  #match!: Match
  #cutMs = 0
  #cheats = false
  #tailAlive = ''
  #tailDead = ''
  #deathPart = deathPart(0)
  #items = 0
  #deaths = 0
  #deadUntilMs = 0
  #actions = 0
  #sequence = 0

  constructor(options: PlayerOptions) {
    this.id = options.id
    this.#options = options
    this.#random = new Random(...options.labels, 'player', options.id)
    this.#ipPart = ipPart(options.ip)
    this.#enterMatch()
  }

  next(): SimulatedRecord {
    return this.nextMs < this.#cutMs ? this.#act() : this.#tellTruth()
  }

  #enterMatch(): void {
    const { room, seat, endMs, account } = this.#options
    this.#match = room.matchAt(++this.#matchNumber)
    const { roomID, startMs, champions } = this.#match
    if (startMs >= endMs) {
      this.nextMs = Number.POSITIVE_INFINITY
      return
    }
    const champion = champions[seat]!
    this.#cheats = this.#options.isCheater(champion)
    this.#cutMs = Math.min(this.#match.endMs, endMs)
    const middle = `","account":${JSON.stringify(account)},"champion":${JSON.stringify(champion.toLowerCase())},"status":`
    const end = `,"roomID":"${roomID}","createRoomDate":"${new Date(startMs).toISOString()}"}`
    this.#tailAlive = inOnePiece(`${middle}0${end}`)
    this.#tailDead = inOnePiece(`${middle}1${end}`)
    this.#items = 0
    this.#deaths = 0
    this.#deathPart = deathPart(0)
    this.#deadUntilMs = 0
    this.#actions = 0
    this.#goOn(startMs + this.#random.int(0, INTERVAL_MS.max))
  }

  /** Sets the time of the next action; when the match is over by then, that of its end. */
  #goOn(atMs: number): void {
    if (atMs < this.#cutMs) this.nextMs = atMs
    else if (this.#actions > 0) this.nextMs = this.#cutMs
    else this.#enterMatch()
  }

  #act(): SimulatedRecord {
    const random = this.#random
    const atMs = this.nextMs
    const eventId = random.uuid()
    const method = drawMethod(random, this.#items)
    const isWaiting = method === '/wait'
    const x = isWaiting ? 0 : drawCoordinate(random, this.#cheats)
    const y = isWaiting ? 0 : drawCoordinate(random, this.#cheats)
    if (method === '/getItem') this.#items++
    if (atMs >= this.#deadUntilMs && random.chance(DEATH_SHARE)) {
      this.#deathPart = deathPart(++this.#deaths)
      this.#deadUntilMs = atMs + random.int(DEATH_MS.min, DEATH_MS.max)
    }
    // Few and flat pieces: joining them is most of the cost of a record.
    const value =
      '{"eventId":"' +
      eventId +
      '","datetime":"' +
      this.#options.writeInstant(atMs) +
      METHOD_PART[method] +
      gameTime(atMs - this.#match.startMs) +
      this.#ipPart +
      x +
      ',"y":' +
      y +
      this.#deathPart +
      random.uuid() +
      '","inputkey":"' +
      drawKey(random, this.#cheats) +
      (atMs < this.#deadUntilMs ? this.#tailDead : this.#tailAlive)
    this.#actions++
    this.#goOn(atMs + random.int(INTERVAL_MS.min, INTERVAL_MS.max))
    return this.#record('lol.raw', eventId, value, atMs)
  }

  #tellTruth(): SimulatedRecord {
    const { account, seat } = this.#options
    const { roomID, startMs, champions } = this.#match
    const datetime = new Date(startMs).toISOString()
    const atMs = this.#cutMs
    const truth: LolTruth = {
      eventId: this.#random.uuid(),
      datetime,
      kind: 'player-match',
      account,
      roomID,
      roomDay: datetime.slice(0, 10),
      champion: champions[seat]!,
      endedAt: new Date(atMs).toISOString(),
      cheater: this.#cheats,
      cheat: this.#cheats ? CHEAT_KIND : null,
    }
    this.#enterMatch()
    return this.#record('lol.truth', truth.eventId, JSON.stringify(truth), atMs)
  }

  #record(topic: 'lol.raw' | 'lol.truth', eventId: string, value: string, atMs: number): SimulatedRecord {
    return {
      topic,
      key: this.#options.account,
      eventId,
      value,
      atMs,
      actor: this.id,
      sequence: this.#sequence++,
      fault: null,
    }
  }
}
