import { createMapCuration } from '../map-curation.ts'
import { ad } from './contract.ts'
import { curateEvent } from './curate/curate-event.ts'

/** ad.raw → ad.curated. */
export const curation = createMapCuration(ad.topics.raw, ad.topics.curated, curateEvent)
