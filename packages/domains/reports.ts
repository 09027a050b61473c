import type { RunReporter } from './facets.ts'
import { reporters as ofDomains } from './generated/report.ts'

export type { DrawCommand, Picture, RunReport, RunReporter, RunView, TableReader } from './facets.ts'

/** What domains say of a finished run. */
export const reporters: readonly RunReporter[] = ofDomains
