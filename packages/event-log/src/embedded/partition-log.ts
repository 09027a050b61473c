import { constants } from 'node:fs'
import { type FileHandle, open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, makeDirectory } from '@millrace/runtime'
import type { LogRecord, OutgoingRecord } from '../event-log.ts'
import { diskError } from './disk-error.ts'
import { findSegments } from './find-segments.ts'
import { encodeFrames } from './frame.ts'
import { readRecords } from './read-records.ts'
import { emptySegment, indexFrame, type Segment, saveIndex, segmentFiles, segmentName } from './segment.ts'

/** Opens a file for writing; a test may give one that fails. */
export type OpenFile = (path: string, flags: number) => Promise<Pick<FileHandle, 'write' | 'truncate' | 'close'>>

export interface PartitionLogOptions {
  readonly topic: string
  readonly partition: number
  readonly directory: string
  readonly segmentBytes: number
  readonly logger: Logger
  readonly openFile?: OpenFile
}

interface Waiting {
  readonly records: readonly OutgoingRecord[]
  readonly resolve: (firstOffset: number) => void
  readonly reject: (error: unknown) => void
}

const MAX_RECORDS_PER_WRITE = 10_000
const READ_WRITE_CREATE = constants.O_RDWR | constants.O_CREAT

/** One partition on disk. What `append` resolved for survives the death of the process. */
export class PartitionLog {
  readonly #options: PartitionLogOptions
  /** Ascending; the last one is written to. */
  readonly #segments: Segment[]
  readonly #listeners = new Set<() => void>()
  #handle: Awaited<ReturnType<OpenFile>> | undefined
  #queue: Waiting[] = []
  #writing: Promise<void> | undefined
  /** A failed write may have left bytes behind the last whole frame. */
  #tailIsDirty = false

  private constructor(options: PartitionLogOptions, segments: Segment[]) {
    this.#options = options
    this.#segments = segments
  }

  /**
   * Opens a partition, repairing the tail that a killed process left.
   * @throws corrupt_segment where bytes of the newest segment were changed
   */
  static async open(options: PartitionLogOptions): Promise<PartitionLog> {
    const { directory, logger, topic, partition } = options
    await makeDirectory(directory)
    const { segments, tornBytes } = await findSegments(directory)
    if (tornBytes > 0) {
      const { file, bytes: position } = segments.at(-1)!
      await truncate(file, position)
      logger.warn({ topic, partition, file, position, tornBytes }, 'torn_log_tail_removed')
    }
    if (segments.length === 0) segments.push(emptySegment(join(directory, segmentName(0)), 0))
    return new PartitionLog(options, segments)
  }

  get #active(): Segment {
    return this.#segments[this.#segments.length - 1]!
  }
  get earliest(): number {
    return this.#segments[0]!.firstOffset
  }
  get end(): number {
    return this.#active.nextOffset
  }

  /** Calls `listener` after every write; returns what ends that. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Stores the records together and resolves with the offset of the first; the others follow. All that is queued meanwhile goes into one write. */
  append(records: readonly OutgoingRecord[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, resolve, reject })
      this.#writing ??= Promise.resolve().then(() => this.#drain())
    })
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      let count = 0
      let taken = 0
      while (taken < this.#queue.length && (taken === 0 || count < MAX_RECORDS_PER_WRITE))
        count += this.#queue[taken++]!.records.length
      const batch = this.#queue.splice(0, taken)
      try {
        let offset = await this.#write(batch.length === 1 ? batch[0]!.records : batch.flatMap(item => item.records))
        for (const item of batch) {
          item.resolve(offset)
          offset += item.records.length
        }
      } catch (error) {
        const coded = diskError(error, this.#options)
        for (const item of batch) item.reject(coded)
      }
    }
    this.#writing = undefined
  }

  async #write(records: readonly OutgoingRecord[]): Promise<number> {
    if (this.#active.bytes >= this.#options.segmentBytes) await this.#roll()
    const segment = this.#active
    const { openFile = open } = this.#options
    this.#handle ??= await openFile(segment.file, READ_WRITE_CREATE)
    if (this.#tailIsDirty) await this.#handle.truncate(segment.bytes)
    this.#tailIsDirty = true
    const firstOffset = segment.nextOffset
    const { buffer, frames, newestMs } = encodeFrames(records, firstOffset)
    for (let written = 0; written < buffer.length; ) {
      try {
        const part = await this.#handle.write(buffer, written, buffer.length - written, segment.bytes + written)
        written += part.bytesWritten
      } catch (error) {
        // Gives the space back at once; when that fails too, the next write begins with it.
        await this.#handle.truncate(segment.bytes).then(
          () => {
            this.#tailIsDirty = false
          },
          () => {},
        )
        throw error
      }
    }
    this.#tailIsDirty = false
    for (const frame of frames) indexFrame(segment, frame.offset, segment.bytes + frame.position)
    segment.bytes += buffer.length
    segment.nextOffset += records.length
    segment.newestMs = Math.max(segment.newestMs, newestMs)
    for (const listener of this.#listeners) listener()
    return firstOffset
  }

  async #roll(): Promise<void> {
    const full = this.#active
    const next = emptySegment(join(this.#options.directory, segmentName(full.nextOffset)), full.nextOffset)
    const { openFile = open } = this.#options
    // The new file keeps the offsets when retention takes the old one. It counts from the moment it exists.
    const handle = await openFile(next.file, READ_WRITE_CREATE)
    const previous = this.#handle
    this.#handle = handle
    this.#segments.push(next)
    await previous?.close().catch(() => {})
    // Without the index the next start reads the segment instead.
    await saveIndex(full).catch(() => {})
  }

  /**
   * Records from `from` on, about `maxBytes` of them and at least one if there is one before `to`.
   * @throws corrupt_segment with file and position
   */
  read(from: number, to: number, maxBytes: number): Promise<LogRecord[]> {
    const { topic, partition } = this.#options
    return readRecords(this.#segments, { topic, partition, from, to: Math.min(to, this.end), maxBytes })
  }

  /** Removes segments whose newest record is older than `timestampMs`. Offsets go on. */
  async deleteBefore(timestampMs: number): Promise<void> {
    while (this.#writing) await this.#writing
    if (this.#active.bytes > 0 && this.#active.newestMs < timestampMs) {
      // Rolling is a write: it takes its turn.
      this.#writing = this.#roll().finally(() => {
        this.#writing = undefined
        if (this.#queue.length > 0) this.#writing = this.#drain()
      })
      await this.#writing
    }
    while (this.#segments.length > 1 && this.#segments[0]!.newestMs < timestampMs) {
      const expired = this.#segments.shift()!
      for (const file of segmentFiles(expired)) await rm(file, { force: true })
    }
  }

  /** Waits for what was appended, then closes. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing
    await this.#handle?.close()
    this.#handle = undefined
  }
}
