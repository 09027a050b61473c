import { type Actor, Random, type SimulatedRecord } from '@millrace/simulation'
import { bosses, classAliasOf } from '../names.ts'
import { drawCoordinate, drawKey, drawMethod, INTERVAL_MS, type Method, methods } from './behaviour.ts'
import type { Raid, Room } from './room.ts'

export interface PlayerOptions {
  /** Number of the player in the whole population, from 0. */
  readonly id: number
  readonly account: string
  readonly ip: string
  /** Class, canonical spelling. */
  readonly className: string
  /** Whether the client sends the other names of bosses and classes. */
  readonly hasAliases: boolean
  readonly room: Room
  /** Place in the party, from 0. */
  readonly seat: number
  /** Labels of the player's random stream. */
  readonly labels: readonly (string | number)[]
  /** End of the simulation, ms since the epoch; a raid that is still on then ends there. */
  readonly endMs: number
}

const TOPIC = 'lostark.raw'
const LONGEST_SEC = Math.max(...bosses.map(({ limitSec }) => limitSec))
const GAME_TIMES = Array.from({ length: LONGEST_SEC + 1 }, (_, s) => `${Math.floor(s / 60)}:${s % 60}`)

/** Minutes and seconds without leading zeros, as clients write them. */
const gameTime = (sinceStartMs: number): string => GAME_TIMES[Math.floor(sinceStartMs / 1000)]!

/** The same text in one piece: V8 keeps what is joined of pieces as a tree, which would be walked for every record. */
const inOnePiece = (text: string): string => Buffer.from(text).toString()

/** From the game time up to the coordinate x, by method. */
type Middles = Readonly<Record<Method, string>>

/**
 * A player of a party: an action every few seconds while a raid is on and the player is alive, one with status 1 at the death, and a
 * closing record at the end of the raid. The record's JSON is put together from parts that change and parts made once per raid.
 */
export class Player implements Actor {
  readonly id: number
  nextMs = 0
  readonly #options: PlayerOptions
  readonly #random: Random
  #raidNumber = -1
  #raid!: Raid
  #deathMs = Number.POSITIVE_INFINITY
  #isDead = false
  #isClosing = false
  #headPart = ''
  #middles!: Middles
  #closingMiddles!: Middles
  #sequence = 0

  constructor(options: PlayerOptions) {
    this.id = options.id
    this.#options = options
    this.#random = new Random(...options.labels, 'player', options.id)
    this.#enterRaid()
  }

  #enterRaid(): void {
    const { room, seat, endMs } = this.#options
    this.#raid = room.raidAt(++this.#raidNumber)
    const { startMs, deathsMs, isSuccess } = this.#raid
    if (startMs >= endMs) {
      this.nextMs = Number.POSITIVE_INFINITY
      return
    }
    this.#deathMs = deathsMs[seat]!
    this.#isDead = false
    this.#isClosing = false
    const startTime = new Date(startMs).toISOString()
    this.#headPart = inOnePiece(`","sessionID":"${room.sessionID}","startTime":"${startTime}","gametime":"`)
    this.#middles = this.#middlesOf(0)
    this.#closingMiddles = isSuccess ? this.#middlesOf(1) : this.#middles
    this.#goOn(startMs + this.#random.int(0, INTERVAL_MS.max))
  }

  #middlesOf(success: 0 | 1): Middles {
    const { account, ip, className, hasAliases } = this.#options
    const { name, alias, difficulty, limitSec } = this.#raid.boss
    const boss = { difficulty, name: hasAliases && alias ? alias : name, endTime: limitSec }
    const user = { ip, class: hasAliases ? classAliasOf(className) : className, account }
    const rest = `","success":${success},"Boss":${JSON.stringify(boss)},"User":${JSON.stringify(user)},"method":"`
    const of = (method: Method): [Method, string] => [method, inOnePiece(`${rest}${method}","x":`)]
    return Object.fromEntries(methods.map(of)) as Middles
  }

  /** Sets the time of the next action: the death comes first, and the end of the raid after all. */
  #goOn(atMs: number): void {
    const { endMs } = this.#options
    const { endMs: raidEndMs, isClosed } = this.#raid
    const actMs = this.#isDead ? Number.POSITIVE_INFINITY : Math.min(atMs, this.#deathMs)
    if (actMs < Math.min(raidEndMs, endMs)) this.nextMs = actMs
    else if (isClosed && raidEndMs < endMs) {
      this.#isClosing = true
      this.nextMs = raidEndMs
    } else this.#enterRaid()
  }

  next(): SimulatedRecord {
    const random = this.#random
    const { sessionID: key } = this.#options.room
    const atMs = this.nextMs
    const eventId = random.uuid()
    const method = drawMethod(random)
    const isWaiting = method === '/wait'
    const x = isWaiting ? 0 : drawCoordinate(random)
    const y = isWaiting ? 0 : drawCoordinate(random)
    if (atMs >= this.#deathMs) this.#isDead = true
    // Few and flat pieces: joining them is most of the cost of a record.
    const value =
      '{"eventId":"' +
      eventId +
      this.#headPart +
      gameTime(atMs - this.#raid.startMs) +
      (this.#isClosing ? this.#closingMiddles : this.#middles)[method] +
      x +
      ',"y":' +
      y +
      ',"inputkey":"' +
      drawKey(random) +
      (this.#isDead ? '","status":1}' : '","status":0}')
    if (this.#isClosing) this.#enterRaid()
    else this.#goOn(atMs + random.int(INTERVAL_MS.min, INTERVAL_MS.max))
    return { topic: TOPIC, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}
