import { createInstantWriter } from '@millrace/contracts'
import { createMapCuration } from '../map-curation.ts'
import { antenna, hourOf } from './contract.ts'

const writeInstant = createInstantWriter()

/** antenna.raw → antenna.curated. */
export const curation = createMapCuration(antenna.topics.raw, antenna.topics.curated, (event, eventTimeMs) => ({
  ...event,
  app: event.app.toUpperCase(),
  datetime: writeInstant(eventTimeMs),
  hour: writeInstant(hourOf(eventTimeMs)),
}))
