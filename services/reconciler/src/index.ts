export { type LakeReader, type ReconcileOptions, reconcile } from './reconcile.ts'
export type { ReconcileReport, TopicReport } from './report.ts'
