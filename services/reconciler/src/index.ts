export { createLakeReader } from './lake-reader.ts'
export { type ReconcileOptions, reconcile } from './reconcile.ts'
export type { ReconcileReport, TopicReport } from './report.ts'
export type { LakeReader } from './topic-check.ts'
