import type { RunReporter } from './facets.ts'
import { reporters as ofDomains } from './generated/report.ts'

export type { RunReport, RunReporter, RunView } from './facets.ts'

/** What domains say of a finished run. */
export const reporters: readonly RunReporter[] = ofDomains
