import type { LakeFormat } from '@millrace/contracts'

const MIB = 1 << 20

/** When a segment is closed, and how it is stored. */
export interface ArchiverOptions {
  readonly format?: LakeFormat
  /** Formats of topics that do not have that one, by topic. */
  readonly formats?: ReadonlyMap<string, LakeFormat>
  /** Bytes of the records on the local disk. */
  readonly maxBytes?: number
  /** Memory holds a few bytes per row that is not in the lake yet. */
  readonly maxRows?: number
  /** From the first record of a segment to its commit, by the wall clock. */
  readonly maxAgeMs?: number
  /** In `daily-ndjson`: a segment of that age is closed only when each of its files has that many rows, … */
  readonly minFileRows?: number
  /** … or when it is this old. */
  readonly maxWaitMs?: number
  /** Hours of event time in one segment, or days in `daily-ndjson`: each becomes one file in the lake. */
  readonly maxHours?: number
}

export const ARCHIVER_DEFAULTS = {
  format: 'parquet',
  formats: new Map(),
  maxBytes: 64 * MIB,
  maxRows: 200_000,
  maxAgeMs: 5 * 60_000,
  minFileRows: 100,
  maxWaitMs: 15 * 60_000,
  maxHours: 32,
} as const satisfies Required<ArchiverOptions>
