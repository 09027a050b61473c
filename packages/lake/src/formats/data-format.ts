import type { LakeFormat } from '@millrace/contracts'

/** A record on its way into a data file. */
export interface DataRecord {
  readonly offset: number
  /** When it was sent, ms since the epoch. */
  readonly timestampMs: number
  /** The record's bytes: a JSON object in UTF-8. */
  readonly value: Buffer
  /** `value` as `decodeRecord` read it. */
  readonly event: Readonly<Record<string, unknown>>
}

/** A record read back from a data file; equal in canonical form to what was archived. */
export interface LakeRow {
  readonly offset: number
  readonly event: Record<string, unknown>
}

/** One way to store the records of a topic. Records become lines of a local file first, so that memory stays bounded. */
export interface DataFormat {
  readonly name: LakeFormat
  /** One line without its newline. */
  encode(record: DataRecord): string | Buffer
  /** Makes the data file `target` of the lines in `linesFile`; `offsets` has one offset per line, ascending. */
  finish(linesFile: string, target: string, offsets: readonly number[]): Promise<void>
  /** The rows of a local data file in batches, by offset ascending. Rejects with `data_file_damaged`. */
  read(localFile: string): AsyncIterable<readonly LakeRow[]>
}
