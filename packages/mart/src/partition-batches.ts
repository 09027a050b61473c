import type { MartRow, MartTable } from '@millrace/contracts'
import { rowKind } from './check-row.ts'

const ROW_OVERHEAD_BYTES = 24
const NUMBER_BYTES = 12

/** Rows of one partition that travel in one request. */
export interface PartitionBatch {
  readonly kind: 'row' | 'static'
  readonly rows: readonly MartRow[]
}

function sizeOf(row: MartRow): number {
  let bytes = ROW_OVERHEAD_BYTES
  for (const column in row.values) {
    const value = row.values[column]
    if (typeof value === 'string') bytes += Buffer.byteLength(value) + 4
    else if (value !== null) bytes += NUMBER_BYTES
  }
  return bytes
}

/** A text that is equal for equal values of these columns of a table, and for no others. */
export function keyText(columns: readonly string[], values: MartRow['values']): string {
  let key = ''
  for (const column of columns) {
    const text = String(values[column])
    key += `${text.length}:${text}`
  }
  return key
}

/**
 * Groups rows by partition and cuts the groups into batches. The rows of a group keep their order.
 * @param limits most rows and most bytes of one batch; a row that is larger alone travels alone
 */
export function groupIntoBatches(
  table: MartTable,
  rows: readonly MartRow[],
  limits: { readonly maxRows: number; readonly maxBytes: number },
): PartitionBatch[] {
  const batches: PartitionBatch[] = []
  const open = new Map<string, { rows: MartRow[]; bytes: number }>()
  for (const row of rows) {
    const kind = rowKind(table, row)
    const key = kind + keyText(table.partitionKey, row.values)
    const bytes = sizeOf(row)
    let batch = open.get(key)
    if (!batch || batch.rows.length >= limits.maxRows || batch.bytes + bytes > limits.maxBytes) {
      batch = { rows: [], bytes: 0 }
      open.set(key, batch)
      batches.push({ kind, rows: batch.rows })
    }
    batch.rows.push(row)
    batch.bytes += bytes
  }
  return batches
}
