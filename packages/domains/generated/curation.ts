// Generated from index.ts by `npm run generate`.
import { curation as lol } from '../lol/curate.ts'
import { curation as hotel } from '../hotel/curate.ts'
import { curation as lostark } from '../lostark/curate.ts'
import { curation as ad } from '../ad/curate.ts'
import { curation as antenna } from '../antenna/curate.ts'
import { curation as web } from '../web/curate.ts'

export const curations = [lol, hotel, lostark, ad, antenna, web]
