import { createMapCuration } from '../map-curation.ts'
import { web } from './contract.ts'
import { cellOf, eventTypeOf, layoutOf, pageOf } from './read-event.ts'

/** web.raw → web.curated. */
export const curation = createMapCuration(web.topics.raw, web.topics.curated, event => ({
  ...event,
  eventType: eventTypeOf(event),
  sessionId: event.sessionId ?? event.user_key,
  day: event.timestamp.slice(0, 10),
  page: pageOf(event.current_page),
  layout: layoutOf(event),
  ...(cellOf(event) ?? { cellX: null, cellY: null }),
}))
