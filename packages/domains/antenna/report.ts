import type { RunReporter } from '../facets.ts'
import { antenna } from './contract.ts'
import { bytesPicture } from './picture.ts'

/** Breaches of quotas, and the traffic that led to them. */
export const reporter: RunReporter = {
  domain: antenna.name,
  views: [{ name: 'quotas', command: 'mart antenna_quota_breaches' }],
  pictures: [bytesPicture],
}
