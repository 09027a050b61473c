import type { WebRaw } from '../contract.ts'

export const NOON_MS = Date.UTC(2024, 2, 24, 12)
let count = 0

/** An event of tests with an id of its own. @param atMs ms since noon */
export const visitEvent = (atMs: number, more: Partial<WebRaw> = {}): WebRaw => ({
  eventId: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  eventType: 'page-view',
  timestamp: new Date(NOON_MS + atMs).toISOString(),
  user_key: 'q8Zt4mXw1LhB7rYc0PnD',
  sessionId: 'one',
  current_page: 'https://shop.example/',
  ...more,
})
