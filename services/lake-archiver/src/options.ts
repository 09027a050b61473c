import type { LakeFormat } from '@millrace/contracts'

const MIB = 1 << 20

/** When a segment is closed, and how it is stored. */
export interface ArchiverOptions {
  readonly format?: LakeFormat
  /** Bytes of the records on the local disk. */
  readonly maxBytes?: number
  /** Memory holds a few bytes per row that is not in the lake yet. */
  readonly maxRows?: number
  /** From the first record of a segment to its commit, by the wall clock. */
  readonly maxAgeMs?: number
  /** Hours of event time in one segment: each becomes one file in the lake. */
  readonly maxHours?: number
}

export const ARCHIVER_DEFAULTS = {
  format: 'parquet',
  maxBytes: 64 * MIB,
  maxRows: 200_000,
  maxAgeMs: 5 * 60_000,
  maxHours: 32,
} as const satisfies Required<ArchiverOptions>
