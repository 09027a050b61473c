import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { type Layout, type WebRaw, web } from '../contract.ts'
import { cellOf, eventTypeOf, layoutOf, pageOf } from '../read-event.ts'
import { DAY_MS, GRACE_MS } from './lateness.ts'

const { raw, heat, heatPartials, heatLate } = web.topics
const writeInstant = createInstantWriter()

/** Clicks and mouse moves whose cell is known. */
function isCounted(event: WebRaw): boolean {
  const type = eventTypeOf(event)
  return (type === 'click' || type === 'mouse-move') && cellOf(event) !== null
}

/** web.raw → web.heat: clicks and mouse moves per UTC day, page, layout and cell. */
export const createHeatTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(heat),
    service: 'aggregator',
    source: raw,
    partials: heatPartials,
    results: heat,
    late: heatLate,
    windowMs: DAY_MS,
    graceMs: GRACE_MS,
    isCounted,
    groupsOf(event) {
      const { cellX, cellY } = cellOf(event)!
      return [[pageOf(event.current_page), layoutOf(event), String(cellX), String(cellY)]]
    },
    zero: { clicks: 0, moves: 0 },
    add: ({ clicks, moves }, event) =>
      eventTypeOf(event) === 'click' ? { clicks: clicks + 1, moves } : { clicks, moves: moves + 1 },
    merge: (a, b) => ({ clicks: a.clicks + b.clicks, moves: a.moves + b.moves }),
    toEvent: ({ windowMs, group: [page, layout, cellX, cellY], events, result, revision }) => ({
      page: page!,
      day: writeInstant(windowMs).slice(0, 10),
      layout: layout as Layout,
      cellX: Number(cellX),
      cellY: Number(cellY),
      ...result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
