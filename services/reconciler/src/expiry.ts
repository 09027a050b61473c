import type { MartRow, MartTable } from '@millrace/contracts'
import { type Mart, rowEndMs } from '@millrace/mart'

/** By how much the clock of the mart may differ from the one here. */
const CLOCK_TOLERANCE_MS = 60_000
/** A row counts events from its time on for at most this long. */
const LONGEST_WINDOW_MS = 86_400_000

type Retention = Pick<Mart, 'retentionMs'>

/** Whether a row with this end, in ms since the epoch, may be gone. */
export const isEnding = (endMs: number, nowMs: number): boolean => endMs <= nowMs + CLOCK_TOLERANCE_MS

/** Whether a row that is not in the mart may be gone because the retention of its table has ended for it. */
export function mayBeGone(mart: Retention, table: MartTable, row: Pick<MartRow, 'values'>, nowMs: number): boolean {
  const endMs = rowEndMs(mart.retentionMs(table), table, row)
  return endMs !== null && isEnding(endMs, nowMs)
}

/** An event of this time or earlier, in ms since the epoch, may be counted in a row that is gone; null where rows are kept for ever. */
export function lastGoneMs(mart: Retention, table: MartTable, nowMs: number): number | null {
  const retentionMs = mart.retentionMs(table)
  return retentionMs === null ? null : nowMs - retentionMs + LONGEST_WINDOW_MS + CLOCK_TOLERANCE_MS
}
