import type { LolRaw } from '../contract.ts'

const START_MS = Date.parse('2024-03-24T11:00:00.000Z')

/** A UUID that ends in `n`. */
export const idOf = (n: number): string => `b405fd3c-785b-4e42-a825-${String(n).padStart(12, '0')}`

/** A valid raw move, changed by `fields`. */
export const rawMove = (fields: Partial<LolRaw> = {}): LolRaw => ({
  eventId: idOf(1),
  datetime: '2024-03-24T11:25:29.845Z',
  method: '/move',
  ingametime: '25:29',
  ip: '192.168.0.50',
  x: 277,
  y: -351,
  deathCount: 0,
  id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
  inputkey: 'b',
  account: 'testAccount_56',
  champion: 'Vex',
  status: 0,
  roomID: 'room-1',
  createRoomDate: '2024-03-24T11:00:00.000Z',
  ...fields,
})

/** A move `seconds` after the start of the match, the id made of `n`. */
export const moveAt = (n: number, seconds: number, fields: Partial<LolRaw> = {}): LolRaw => {
  const whole = Math.max(0, Math.floor(seconds))
  return rawMove({
    eventId: idOf(n),
    datetime: new Date(START_MS + seconds * 1000).toISOString(),
    ingametime: `${Math.floor(whole / 60)}:${whole % 60}`,
    ...fields,
  })
}
