import type { RunReporter } from '../facets.ts'
import { hotel } from './contract.ts'

/** Top places. */
export const reporter: RunReporter = {
  domain: hotel.name,
  views: [{ name: 'top places', command: 'mart hotel_top_places' }],
}
