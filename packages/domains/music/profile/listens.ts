import { makerOf } from '@millrace/contracts'
import { createReferenceJoin, ReferenceTable, type Topology } from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { music } from '../contract.ts'
import { partOfDay } from './part-of-day.ts'

const DAY_MS = 86_400_000
const REGION_CHARACTERS = 3
const { raw, listens, customers, tracks } = music.topics

/** The first characters of a postal code; a character may be two code units. */
const regionOf = (zip: string): string => [...zip.slice(0, 2 * REGION_CHARACTERS)].slice(0, REGION_CHARACTERS).join('')

/** music.raw, joined with music.customers and music.tracks → music.listens. */
export const createListensTopology = ({ log, logger, joinMetrics }: AggregationParts): Topology =>
  createReferenceJoin({
    name: makerOf(listens),
    service: 'profiler',
    source: raw,
    results: listens,
    tables: {
      customer: { table: new ReferenceTable(customers, log), keyOf: event => String(event.customer_id) },
      track: { table: new ReferenceTable(tracks, log), keyOf: event => String(event.track_id) },
    },
    join: (event, { customer, track }, revision, isCorrection) => ({
      ...event,
      day: event.datetime.slice(0, 10),
      part: partOfDay(Date.parse(event.datetime)),
      region: regionOf(event.listening_zip),
      missing: [...(customer ? [] : ['customer' as const]), ...(track ? [] : ['track' as const])],
      healed: isCorrection,
      gender: customer?.Gender ?? null,
      age: customer?.Age ?? null,
      level: customer?.Level ?? null,
      status: customer?.Status ?? null,
      campaign: customer?.Campaign ?? null,
      title: track?.Title ?? null,
      artist: track?.Artist ?? null,
      length: track?.Length ?? null,
      revision,
    }),
    waitMs: DAY_MS,
    ...(logger && { logger }),
    ...(joinMetrics && { metrics: joinMetrics }),
  })
