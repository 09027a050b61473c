export { type ReconcileOptions, reconcile } from './reconcile.ts'
export { type ReconcileOnceOptions, reconcileOnce } from './reconcile-once.ts'
export type { ConservationReport, ReconcileReport, TopicReport } from './report.ts'
export { reportLines } from './report-lines.ts'
