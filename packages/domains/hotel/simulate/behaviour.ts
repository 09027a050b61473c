import type { Gender } from '@millrace/simulation'

/*
 * What guests do: the published shares of the scenario. Where it leaves a number open, the number chosen is marked so.
 */

/** Chosen: a visit has that many events, and between two of them is that much time; then the guest is away. One event in 9.2 s on average. */
export const VISIT_EVENTS = { min: 10, max: 40 }
export const INTERVAL_MS = { min: 1_000, max: 8_200 }
export const PAUSE_MS = { min: 60_000, max: 180_000 }
/** Chosen: the first visits begin within this. */
export const ARRIVAL_MS = 120_000

/** Shares are counted in this many parts of all events. */
const PARTS = 10_000

/** Views of places; which place follows. */
export const PLACE = '/places/'
const PLACE_PARTS = 2_040
/** The front page. */
export const FRONT = '/'

/** Other pages with their share. Chosen: one of thirteen views of residences is misspelled, as in the scenario's origin. */
const PAGE_PARTS: Readonly<Record<string, number>> = {
  '/leisure': 1_050,
  '/sub-home/hotel': 450,
  '/sub-home/pension': 380,
  '/sub-home/residence': 300,
  '/sub-home/redidence': 25,
  '/sub-home/motel': 280,
  '/flights': 200,
  '/sub-home/global': 170,
  '/sub-home/transportation': 150,
}

/** A page for each part; the front page has what the others leave. */
const PAGES: readonly string[] = Object.entries({ [PLACE]: PLACE_PARTS, ...PAGE_PARTS }).flatMap(([page, parts]) =>
  Array<string>(parts).fill(page),
)
/** Share of events that purchases, refunds and views of the front page have together. */
export const FRONT_SHARE = (PARTS - PAGES.length) / PARTS

/** @param draw from 0 to 1; below `FRONT_SHARE` it is the front page */
export const pageOf = (draw: number): string => PAGES[Math.floor((draw - FRONT_SHARE) * PARTS)] ?? FRONT

/** Share of visits' events before which the guest has viewed a place in the same visit. */
function shareAfterPlace(): number {
  const without = 1 - PLACE_PARTS / PARTS
  let after = 0
  let all = 0
  for (let events = VISIT_EVENTS.min; events <= VISIT_EVENTS.max; events++)
    for (let earlier = 0; earlier < events; earlier++) {
      after += 1 - without ** earlier
      all++
    }
  return after / all
}

/** Share of purchases of all events of a guest: 0.6 % of all. Chosen: women buy twice as often as men. */
export const PURCHASE_SHARE: Readonly<Record<Gender, number>> = { female: 0.008, male: 0.004 }

const AFTER_PLACE = shareAfterPlace()
/** Chance of a purchase at an event after a place was viewed. */
export const purchaseChance = (gender: Gender): number => PURCHASE_SHARE[gender] / AFTER_PLACE
/** Chance of a refund at an event while the guest has a booking. */
export const REFUND_CHANCE = 0.02

/** Chosen: the lower its number, the more a place is viewed; of 50 places the first has 7 % of the views and the last 1 %. */
export const placeOf = (draw: number, places: number): number => Math.floor(places * draw ** 1.5)
