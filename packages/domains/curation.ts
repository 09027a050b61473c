import type { Curation } from './facets.ts'
import { curations as ofDomains } from './generated/curation.ts'

export type { Curation, CurationOptions } from './facets.ts'

/** How the raw events of each domain become curated ones; a domain without curation is not here. */
export const curations: readonly Curation[] = ofDomains
