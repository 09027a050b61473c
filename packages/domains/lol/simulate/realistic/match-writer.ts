import type { ApproachPoint } from '../../approach.ts'
import type { LolTruth } from '../../contract.ts'
import { deathPart, gameTime, inOnePiece, ipPart, METHOD_PART } from '../action-text.ts'
import type { CheatKind, Difficulty } from '../cheats/kinds.ts'
import type { Match } from '../room.ts'
import { VIEW } from './bins.ts'
import type { MatchClient, Press } from './match-client.ts'

/** What every record of a player says. */
export interface PlayerFacts {
  readonly account: string
  readonly ip: string
  /** Place in the room, from 0. */
  readonly seat: number
  readonly difficulty: Difficulty
  readonly writeInstant: (timeMs: number) => string
}

export interface TruthFacts {
  readonly kind: LolTruth['kind']
  /** ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly cheat: CheatKind | null
  readonly actionId?: string
}

/** An event stays below this, characters; the oldest samples of its approach are left out for that. */
const MOST_CHARS = 1000

/** Writes the records of a player in one match. */
export class MatchWriter {
  readonly #facts: PlayerFacts
  readonly #match: Match
  readonly #scale: number
  readonly #ipPart: string
  readonly #tailAlive: string
  readonly #tailDead: string
  #deaths = 0
  #deathPart = deathPart(0)

  /** @param scale map units per px of the view */
  constructor(facts: PlayerFacts, match: Match, scale: number) {
    this.#facts = facts
    this.#match = match
    this.#scale = scale
    this.#ipPart = ipPart(facts.ip)
    const champion = match.champions[facts.seat]!
    const middle = `","account":${JSON.stringify(facts.account)},"champion":${JSON.stringify(champion.toLowerCase())},"status":`
    const end = `,"roomID":"${match.roomID}","createRoomDate":"${new Date(match.startMs).toISOString()}"`
    this.#tailAlive = inOnePiece(`${middle}0${end}`)
    this.#tailDead = inOnePiece(`${middle}1${end}`)
  }

  /** The JSON of an action; `atMs` is its event time, ms since the epoch, and `gameMs` its game time, ms since the start of the match. */
  action(
    { method, key, x, y, approach, atMs: sinceStartMs }: Press,
    ids: { readonly eventId: string; readonly id: string; readonly atMs: number; readonly gameMs: number },
    client: MatchClient,
  ): string {
    if (client.deaths !== this.#deaths) {
      this.#deaths = client.deaths
      this.#deathPart = deathPart(client.deaths)
    }
    const isWaiting = method === '/wait'
    const scale = this.#scale
    const text =
      '{"eventId":"' +
      ids.eventId +
      '","datetime":"' +
      this.#facts.writeInstant(ids.atMs) +
      METHOD_PART[method] +
      gameTime(ids.gameMs) +
      this.#ipPart +
      (isWaiting ? 0 : Math.round((x - VIEW.width / 2) * scale)) +
      ',"y":' +
      (isWaiting ? 0 : Math.round((y - VIEW.height / 2) * scale)) +
      this.#deathPart +
      ids.id +
      '","inputkey":"' +
      key +
      (client.isDeadAt(sinceStartMs) ? this.#tailDead : this.#tailAlive)
    return approach.length === 0 ? `${text}}` : `${text}${writePath(approach, scale, MOST_CHARS - text.length)}}`
  }

  /** The JSON of a truth record. */
  truth(eventId: string, { kind, fromMs, toMs, cheat, actionId }: TruthFacts): string {
    const { account, seat, difficulty } = this.#facts
    const { roomID, startMs, champions } = this.#match
    const truth: LolTruth = {
      eventId,
      datetime: new Date(fromMs).toISOString(),
      kind,
      account,
      roomID,
      roomDay: new Date(startMs).toISOString().slice(0, 10),
      champion: champions[seat]!,
      endedAt: new Date(toMs).toISOString(),
      cheater: cheat !== null,
      cheat,
      ...(actionId === undefined ? {} : { actionId }),
      difficulty,
    }
    return JSON.stringify(truth)
  }
}

/** The newest samples that fit into `chars` characters; whole map units. */
function writePath(approach: readonly ApproachPoint[], scale: number, chars: number): string {
  let samples = ''
  for (let index = approach.length - 1; index >= 0; index--) {
    const [beforeMs, dx, dy] = approach[index]!
    const sample = `[${beforeMs},${Math.round(dx * scale) + 0},${Math.round(dy * scale) + 0}]`
    if (samples.length + sample.length + ',"path":[],}'.length > chars) break
    samples = samples === '' ? sample : `${sample},${samples}`
  }
  return samples === '' ? '' : `,"path":[${samples}]`
}
