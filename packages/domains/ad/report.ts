import type { RunReporter } from '../facets.ts'
import { ad } from './contract.ts'
import { ratesPicture } from './picture.ts'

/** Click-through rates. */
export const reporter: RunReporter = {
  domain: ad.name,
  views: [{ name: 'campaigns', command: 'mart ad_campaign_totals' }],
  pictures: [ratesPicture],
}
