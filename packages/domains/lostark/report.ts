import type { RunReporter } from '../facets.ts'
import { lostark } from './contract.ts'
import { outcomesPicture } from './picture.ts'

/** Outcomes of raids. */
export const reporter: RunReporter = {
  domain: lostark.name,
  views: [{ name: 'raids', command: 'mart lostark_raids' }],
  pictures: [outcomesPicture],
}
