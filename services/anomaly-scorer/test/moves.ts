import type { LolRaw } from '@millrace/domains/lol/contract'

export const START_MS = Date.parse('2024-03-24T11:00:00.000Z')

/** A UUID that ends in `n`. */
export const idOf = (n: number): string => `b405fd3c-785b-4e42-a825-${String(n).padStart(12, '0')}`

const gameTime = (seconds: number): string => `${Math.floor(seconds / 60)}:${Math.floor(seconds) % 60}`

/** A valid raw move `seconds` after the start of the match, its id made of `n`. */
export const moveAt = (n: number, seconds: number, fields: Partial<LolRaw> = {}): LolRaw => ({
  eventId: idOf(n),
  datetime: new Date(START_MS + seconds * 1000).toISOString(),
  method: '/move',
  ingametime: gameTime(seconds),
  ip: '192.168.0.50',
  x: 0,
  y: 0,
  deathCount: 0,
  id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
  inputkey: 'q',
  account: 'testAccount_56',
  champion: 'vex',
  status: 0,
  roomID: 'room-1',
  createRoomDate: new Date(START_MS).toISOString(),
  ...fields,
})

/** Moves every nine seconds; where `isFar`, the pointer leaps across the whole map and back. */
export const moves = (
  options: { first: number; count: number; fromSeconds: number; isFar: (n: number) => boolean },
  fields: Partial<LolRaw> = {},
): LolRaw[] =>
  Array.from({ length: options.count }, (_, n) =>
    moveAt(options.first + n, options.fromSeconds + 9 * n, {
      x: options.isFar(n) ? 3000 * (n % 2 === 0 ? 1 : -1) : (n % 5) * 60,
      ...fields,
    }),
  )

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const COMMON = ['q', 'w', 'e', 'r', 'space', 'b', 'd', 'f', 'none']
const RARE = ['alt', 'tab', 'esc']

export interface Crowd {
  readonly seed: number
  readonly players: number
  readonly durationMs: number
  /** Out of order, too late, twice, rooms that change, and pauses after which the held-back comes. */
  readonly isBadLine: boolean
}

/** Players of whom every fifth cheats by far pointers and rare keys, in the order in which their actions come. */
export function crowd({ seed, players, durationMs, isBadLine }: Crowd): LolRaw[] {
  const random = randomFrom(seed)
  const happens = (share: number): boolean => isBadLine && random() < share
  const arrivals: { event: LolRaw; atMs: number }[] = []
  let n = 0
  for (let player = 0; player < players; player++) {
    const account = `player-${player}`
    const cheats = player % 5 === 0
    let room = 0
    for (let ms = 0; ms < durationMs; ms += 3000 + random() * 12_600) {
      if (happens(0.005)) room++
      if (happens(0.01)) {
        const pauseMs = random() * 500_000
        for (const held of arrivals.slice(-2)) if (held.event.account === account) held.atMs += pauseMs
        ms += pauseMs
      }
      const reach = random() < (cheats ? 0.3 : 0.01) ? (cheats ? 3000 : 1250) : 400
      const keys = random() < (cheats ? 0.15 : 0.05) ? RARE : COMMON
      const event = moveAt(++n, ms / 1000, {
        account,
        roomID: `room-${player}-${room}`,
        method: random() < 0.15 ? '/wait' : '/move',
        x: Math.round((2 * random() - 1) * reach),
        y: Math.round((2 * random() - 1) * reach),
        inputkey: keys[Math.floor(random() * keys.length)]!,
      })
      const delayMs = happens(0.1) ? random() * 60_000 : happens(0.03) ? random() * 600_000 : 0
      arrivals.push({ event, atMs: ms + delayMs })
      if (happens(0.03)) arrivals.push({ event, atMs: ms + delayMs + random() * 60_000 })
    }
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs).map(({ event }) => event)
}
