export type { Lake, LakeEntry } from './lake.ts'
