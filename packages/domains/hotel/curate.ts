import { createMapCuration } from '../map-curation.ts'
import { hotel } from './contract.ts'
import { normaliseMethod, readMethod } from './read-method.ts'

/** hotel.raw → hotel.curated. */
export const curation = createMapCuration(hotel.topics.raw, hotel.topics.curated, event => {
  const { kind, place, category } = readMethod(event.method)
  return {
    ...event,
    method: normaliseMethod(event.method),
    day: event.datetime.slice(0, 10),
    buyNum: kind === 'purchase' ? place : null,
    clickNum: kind === 'place' ? place : null,
    category_subhome: category,
  }
})
