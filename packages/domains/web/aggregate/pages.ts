import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { NO_VARIANT, type WebRaw, web } from '../contract.ts'
import { eventTypeOf, pageOf } from '../read-event.ts'
import { GRACE_MS, HOUR_MS } from './lateness.ts'

const { raw, pages, pagesPartials, pagesLate } = web.topics
const writeInstant = createInstantWriter()

const NONE = { views: 0, entries: 0, linkClicks: 0, buttonClicks: 0, labelledClicks: 0, otherClicks: 0, moves: 0 }
type Counts = Readonly<typeof NONE>

function addEvent(counts: Counts, event: WebRaw): Counts {
  const type = eventTypeOf(event)
  if (type === 'page-outline') return counts
  const element = type === 'click' ? (event.element ?? 'other') : null
  return {
    views: counts.views + Number(type === 'page-view'),
    entries: counts.entries + Number(type === 'page-view' && event.previousPage === undefined),
    linkClicks: counts.linkClicks + Number(element === 'link'),
    buttonClicks: counts.buttonClicks + Number(element === 'button'),
    labelledClicks: counts.labelledClicks + Number(element === 'labelled'),
    otherClicks: counts.otherClicks + Number(element === 'other'),
    moves: counts.moves + Number(type === 'mouse-move'),
  }
}

const mergeCounts = (a: Counts, b: Counts): Counts => ({
  views: a.views + b.views,
  entries: a.entries + b.entries,
  linkClicks: a.linkClicks + b.linkClicks,
  buttonClicks: a.buttonClicks + b.buttonClicks,
  labelledClicks: a.labelledClicks + b.labelledClicks,
  otherClicks: a.otherClicks + b.otherClicks,
  moves: a.moves + b.moves,
})

/** web.raw → web.pages: page views and clicks per hour, page and variant. */
export const createPagesTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(pages),
    service: 'aggregator',
    source: raw,
    partials: pagesPartials,
    results: pages,
    late: pagesLate,
    windowMs: HOUR_MS,
    graceMs: GRACE_MS,
    groupsOf: event => [[pageOf(event.current_page), event.variant ?? NO_VARIANT]],
    zero: NONE,
    add: addEvent,
    merge: mergeCounts,
    toEvent: ({ windowMs, group: [page, variant], events, result, revision }) => ({
      hour: writeInstant(windowMs),
      page: page!,
      variant: variant!,
      ...result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
