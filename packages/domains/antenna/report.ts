import type { RunReporter } from '../facets.ts'
import { antenna } from './contract.ts'

/** Breaches of quotas. */
export const reporter: RunReporter = {
  domain: antenna.name,
  views: [{ name: 'quotas', command: 'mart antenna_quota_breaches' }],
}
