// Generated from index.ts by `npm run generate`.
import { curation as lol } from '../lol/curate.ts'

export const curations = [lol]
