// Generated from index.ts by `npm run generate`.
import { curation as lol } from '../lol/curate.ts'
import { curation as antenna } from '../antenna/curate.ts'

export const curations = [lol, antenna]
