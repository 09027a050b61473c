import type { RunReporter } from '../facets.ts'
import { hotel } from './contract.ts'
import { funnelPicture } from './picture.ts'

/** Top places, and the way to a booking. */
export const reporter: RunReporter = {
  domain: hotel.name,
  views: [{ name: 'top places', command: 'mart hotel_top_places' }],
  pictures: [funnelPicture],
}
