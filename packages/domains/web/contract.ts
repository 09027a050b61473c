import { defineDomain, defineMapping, microsOf } from '@millrace/contracts'
import { measures } from './contract/measures.ts'
import * as tables from './contract/tables.ts'
import * as topics from './contract/topics.ts'

export * from './contract/events.ts'

const mappings = [
  defineMapping(topics.curated, tables.events, event => {
    const timestamp = Date.parse(event.timestamp)
    return {
      writeTimeMicros: microsOf(timestamp),
      values: {
        ...{ day: event.day, user_key: event.user_key, timestamp, event_id: event.eventId },
        ...{ event_type: event.eventType, session_id: event.sessionId },
        ...{ page: event.page, previous_page: event.previousPage ?? null },
        ...{ element: event.element ?? null, element_path: event.elementPath ?? null },
        ...{ label: event.label ?? null, link: event.link ?? null, x: event.x ?? null, y: event.y ?? null },
        ...{ spent_milli_sec: event.spent_milli_sec ?? null, load_count: event.load_count ?? null },
        ...{ layout: event.layout, document_width: event.documentWidth ?? null },
        ...{ document_height: event.documentHeight ?? null, variant: event.variant ?? null },
        ...{ account: event.account ?? null, user_agent: event.user_agent ?? null },
      },
    }
  }),
  defineMapping(topics.curated, tables.outlines, ({ eventType, outline, page, layout, ...event }) => {
    if (eventType !== 'page-outline' || !outline) return null
    const seenAt = Date.parse(event.timestamp)
    return {
      writeTimeMicros: microsOf(seenAt),
      values: {
        ...{ page, layout, seen_at: seenAt, boxes: JSON.stringify(outline) },
        ...{ document_width: event.documentWidth ?? null, document_height: event.documentHeight ?? null },
      },
    }
  }),
  defineMapping(topics.heat, tables.heat, event => ({
    writeTimeMicros: event.revision,
    values: {
      page: event.page,
      day: event.day,
      layout: event.layout,
      cell_y: event.cellY,
      cell_x: event.cellX,
      clicks: event.clicks,
      moves: event.moves,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(topics.pages, tables.pages, event => ({
    writeTimeMicros: event.revision,
    values: {
      page: event.page,
      day: event.hour.slice(0, 10),
      hour: Date.parse(event.hour),
      variant: event.variant,
      views: event.views,
      entries: event.entries,
      link_clicks: event.linkClicks,
      button_clicks: event.buttonClicks,
      labelled_clicks: event.labelledClicks,
      other_clicks: event.otherClicks,
      moves: event.moves,
      events: event.events,
      revision: event.revision,
    },
  })),
  defineMapping(topics.funnel, tables.funnel, event => ({
    writeTimeMicros: event.revision,
    values: {
      day: event.day,
      page: event.page,
      variant: event.variant,
      entered: event.entered,
      viewed: event.viewed,
      clicked: event.clicked,
      continued: event.continued,
      events: event.events,
      revision: event.revision,
    },
  })),
]

const { raw, curated, heat, heatPartials, heatLate, pages, pagesPartials, pagesLate } = topics
const { steps, funnel, funnelPartials, funnelLate } = topics

/** Visitors of web sites: topics, tables and mappings. */
export const web = defineDomain({
  name: 'web',
  title: 'Visitors of web sites',
  topics: {
    ...{ raw, curated, heat, heatPartials, heatLate, pages, pagesPartials, pagesLate },
    ...{ steps, funnel, funnelPartials, funnelLate },
  },
  tables: [tables.events, tables.heat, tables.pages, tables.funnel, tables.outlines],
  // Every event is in the hours of its page; heat map and funnel leave some out.
  conservation: [{ source: raw, table: tables.pages, eventsColumn: 'events', late: pagesLate }],
  mappings,
  measures,
})
