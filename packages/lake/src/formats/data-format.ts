import type { Readable } from 'node:stream'
import type { LakeFormat } from '@millrace/contracts'

/** A record to be encoded for a data file. */
export interface DataRecord {
  readonly offset: number
  /** When it was sent, ms since the epoch. */
  readonly timestampMs: number
  /** The record's bytes: a JSON object in UTF-8. */
  readonly value: Buffer
  /** `value` as the decoder of the topic read it. */
  readonly event: Readonly<Record<string, unknown>> | null
}

/** A record read back from a data file; equal in canonical form to what was archived. */
export interface LakeRow {
  readonly offset: number
  readonly event: Record<string, unknown>
}

/** A line in two pieces, joined in the line buffer: a text in ASCII, and the bytes of `body` from `from` on. */
export interface SplicedLine {
  readonly head: string
  readonly body: Buffer
  readonly from: number
}

/** One line without its newline. */
export type Line = string | Buffer | SplicedLine

/** Offsets of the lines of a file, ascending. */
export interface Offsets {
  readonly length: number
  forEach(visit: (offset: number) => void): void
}

/**
 * Reads the rows of a local data file, in batches by offset ascending; a file of one format describes itself, whatever its topic.
 * @param offsets packed offsets of the rows, where the manifest has them
 * @throws `data_file_damaged`
 */
export type DataReader = (localFile: string, offsets?: string) => AsyncIterable<readonly LakeRow[]>

/** Offsets of the rows that a copy of a data file has, and of those that it has not, both ascending. */
export interface KeptRows {
  readonly kept: readonly number[]
  readonly removed: readonly number[]
}

/** What can be done with the local data files of a format whatever their topic. */
export interface StoredFiles {
  readonly read: DataReader
  /**
   * Writes `target` as a copy without the rows at some offsets; the other rows are unchanged. Where no row or every row would be removed,
   * no target is written.
   * @param offsets packed offsets of the rows, where the manifest has them
   * @throws `disk_full` and other errors of the local disk
   */
  readonly writeWithout: (
    localFile: string,
    copy: { readonly target: string; readonly erased: ReadonlySet<number>; readonly offsets?: string | undefined },
  ) => Promise<KeptRows>
}

/** A file format of the lake. Records become lines of a local file first, so that memory stays bounded. */
export interface DataFormat {
  readonly name: LakeFormat
  /** Whether the manifest has to hold the offsets of a file's rows, because the file has no place for them. */
  readonly offsetsInManifest?: true
  encode(record: DataRecord): Line
  /** Compresses whole lines for the local file; without it lines are written unchanged. */
  pack?(lines: Buffer): Promise<Buffer>
  /** The lines of a packed local file. */
  unpack?(packedFile: Readable): AsyncIterable<Buffer>
  /** Builds the data file `target` from the packed lines in `linesFile`; `offsets` has one offset per line. */
  finish(linesFile: string, target: string, offsets: Offsets): Promise<void>
  /** The rows of a local data file in batches, by offset ascending. Rejects with `data_file_damaged`. */
  readonly read: DataReader
}
