import type { Readable } from 'node:stream'
import type { LakeFormat } from '@millrace/contracts'

/** A record on its way into a data file. */
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

/** A line that is put together where it is kept: a text in ASCII, and the bytes of `body` from `from` on. */
export interface SplicedLine {
  readonly head: string
  readonly body: Buffer
  readonly from: number
}

/** One line without its newline. */
export type Line = string | Buffer | SplicedLine

/** One way to store the records of a topic. Records become lines of a local file first, so that memory stays bounded. */
export interface DataFormat {
  readonly name: LakeFormat
  encode(record: DataRecord): Line
  /** Makes of whole lines what is kept of them on the local disk; as they are where this is absent. */
  pack?(lines: Buffer): Promise<Buffer>
  /** The lines of a local file of what was packed. */
  unpack?(packedFile: Readable): AsyncIterable<Buffer>
  /** Makes the data file `target` of the packed lines in `linesFile`; `offsets` has one offset per line, ascending. */
  finish(linesFile: string, target: string, offsets: Iterable<number>): Promise<void>
  /** The rows of a local data file in batches, by offset ascending. Rejects with `data_file_damaged`. */
  read(localFile: string): AsyncIterable<readonly LakeRow[]>
}
