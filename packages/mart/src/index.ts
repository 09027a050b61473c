export type { Mart, StoredRow } from './mart.ts'
