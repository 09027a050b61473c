import type { PartOfDay } from '../contract.ts'

/** The part of the day of an event: morning from 5 o'clock (UTC), afternoon from 12, evening from 17, night from 22. */
export function partOfDay(timeMs: number): PartOfDay {
  const hour = new Date(timeMs).getUTCHours()
  if (hour < 5 || hour >= 22) return 'night'
  if (hour < 12) return 'morning'
  return hour < 17 ? 'afternoon' : 'evening'
}
