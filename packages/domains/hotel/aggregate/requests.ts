import type { HotelRaw } from '../contract.ts'

export const NOON_MS = Date.UTC(2024, 2, 24, 12)
let count = 0

/** A request of tests with an id of its own. @param atMs ms since noon */
export const eventOf = (method: string, atMs = 0, more: Partial<HotelRaw> = {}): HotelRaw => ({
  eventId: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  id: 'a',
  ip: '192.168.0.144',
  datetime: new Date(NOON_MS + atMs).toISOString(),
  account: 'testAccount_1',
  method,
  status: 0,
  gender: 'female',
  age: '20-29',
  ...more,
})
