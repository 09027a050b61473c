import type { LogRecord } from '@millrace/event-log'
import { Random } from '@millrace/simulation'

const START_MS = 1_711_278_000_000
/** Between two moves of a player. */
const STEP_MS = 9_000

/**
 * Moves of any number of players in turn, made as they are asked for: a simulation of a million players would measure its own memory.
 */
export class SyntheticMoves {
  readonly #players: number
  readonly #random = new Random('bench', 'moves')
  readonly #pathSamples: number
  #count = 0

  /** @param pathSamples samples of the pointer that an action carries; none unless given */
  constructor(players: number, { pathSamples = 0 }: { readonly pathSamples?: number } = {}) {
    this.#players = players
    this.#pathSamples = pathSamples
  }

  take(size: number): readonly LogRecord[] {
    return Array.from({ length: size }, () => this.#next())
  }

  /** A bent way with a change of speed, as a hand's. */
  #path(): number[][] {
    let [x, y] = [0, 0]
    return Array.from({ length: this.#pathSamples }, (_, n) => {
      x += this.#random.int(-60, 60)
      y += this.#random.int(-60, 60)
      return [Math.round(((n + 1) * 500) / this.#pathSamples), x, y]
    }).reverse()
  }

  #next(): LogRecord {
    const offset = this.#count++
    const player = offset % this.#players
    const timeMs = START_MS + Math.floor((offset * STEP_MS) / this.#players)
    const second = Math.floor((timeMs - START_MS) / 1_000)
    const account = `testAccount_${player + 1}`
    const value = {
      eventId: this.#random.uuid(),
      datetime: new Date(timeMs).toISOString(),
      method: '/move',
      ingametime: `${Math.floor(second / 60)}:${second % 60}`,
      ip: '192.168.75.173',
      x: this.#random.int(-400, 400),
      y: this.#random.int(-400, 400),
      deathCount: 0,
      id: '3ced8472-cba3-494f-a77c-b1c91883c58c',
      inputkey: 'q',
      account,
      champion: 'neeko',
      status: 0,
      roomID: `143ef185-f95f-427e-b1bf-${String(Math.floor(player / 10)).padStart(12, '0')}`,
      createRoomDate: '2024-03-24T11:00:00.000Z',
      ...(this.#pathSamples > 0 && { path: this.#path() }),
    }
    return {
      topic: 'lol.raw',
      partition: 0,
      offset,
      key: Buffer.from(account),
      value: Buffer.from(JSON.stringify(value)),
      timestampMs: timeMs + 100,
    }
  }
}
