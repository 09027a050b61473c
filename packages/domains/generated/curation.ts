// Generated from index.ts by `npm run generate`.

import { curation as antenna } from '../antenna/curate.ts'
import { curation as lol } from '../lol/curate.ts'

export const curations = [lol, antenna]
