import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createRanking, createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { type HotelRaw, hotel, RANKS } from '../contract.ts'
import { readMethod } from '../read-method.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long after its end a day still counts events. */
const GRACE_MS = HOUR_MS
/** How long after its start a day is still ranked; longer than it counts events. */
const KEEP_MS = 2 * DAY_MS

const { raw, places, placesPartials, placesLate, topPlaces } = hotel.topics
const writeInstant = createInstantWriter()

/** Clicks and purchases of places, which are a fifth of the events. */
function isCounted({ method }: HotelRaw): boolean {
  const { kind } = readMethod(method)
  return kind === 'place' || kind === 'purchase'
}

const NONE = { clicks: 0, purchases: 0 }

/** hotel.raw → hotel.places: clicks and purchases per UTC day and place. */
export const createPlacesTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(places),
    service: 'aggregator',
    source: raw,
    partials: placesPartials,
    results: places,
    late: placesLate,
    windowMs: DAY_MS,
    graceMs: GRACE_MS,
    isCounted,
    groupsOf: ({ method }) => [[String(readMethod(method).place)]],
    zero: NONE,
    add: ({ clicks, purchases }, { method }) =>
      readMethod(method).kind === 'place' ? { clicks: clicks + 1, purchases } : { clicks, purchases: purchases + 1 },
    merge: (a, b) => ({ clicks: a.clicks + b.clicks, purchases: a.purchases + b.purchases }),
    toEvent: ({ windowMs, group: [place], events, result, revision }) => ({
      day: writeInstant(windowMs).slice(0, 10),
      place: Number(place),
      ...result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })

/** hotel.places → hotel.top-places: the first places of a day by clicks and by purchases. */
export const createTopPlacesTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createRanking({
    name: makerOf(topPlaces),
    service: 'aggregator',
    source: places,
    results: topPlaces,
    memberOf: ({ place }) => place,
    scores: { clicks: ({ clicks }) => clicks, purchases: ({ purchases }) => purchases },
    top: RANKS,
    keepMs: KEEP_MS,
    toEvent: ({ list, kind, rank, member, score, revision }) => ({
      ...{ day: list, kind, rank, place: member === null ? null : Number(member), score, revision },
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
