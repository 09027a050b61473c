import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileDigest } from '../data-file.ts'
import { fromFileSystem } from '../errors.ts'
import type { DataFormat, Line, SplicedLine } from '../formats/data-format.ts'
import { readLines } from '../formats/read-lines.ts'

export const QUARANTINE = 'quarantine'
const HOUR_MS = 3_600_000
const NEWLINE = 0x0a
const LINE_END = Buffer.from('\n')

/** Start of a UTC hour in ms since the epoch, or the place for event times that cannot be believed. */
export type Hour = number | typeof QUARANTINE

export const hourOf = (eventTimeMs: number): number => Math.floor(eventTimeMs / HOUR_MS) * HOUR_MS

export interface SegmentRow {
  readonly offset: number
  readonly hour: Hour
  /** Null when it could not be read. */
  readonly eventTimeMs: number | null
  /** As encoded by the format. */
  readonly line: Line
}

/** One hour of a segment as a data file on the local disk. */
export interface BuiltFile {
  readonly hour: Hour
  readonly localFile: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

interface HourLines {
  readonly file: string
  /** Of the lines, newlines included. */
  bytes: number
  /** Bytes of the file that count. */
  written: number
  /** Whether a write that failed may have left something behind them. */
  isTorn: boolean
  /** Whole lines on their way to the file, oldest first; the first stays until it is written. */
  readonly waiting: Buffer[]
  /** Lines that wait for company, and how many bytes of it they are. */
  chunk: Buffer
  used: number
  readonly offsets: number[]
  readonly eventTimes: (number | null)[]
}

function splicedLine(line: Line): SplicedLine {
  if (typeof line === 'string') return { head: '', body: Buffer.from(line), from: 0 }
  return Buffer.isBuffer(line) ? { head: '', body: line, from: 0 } : line
}

/** Lines of an hour are packed and written in parts of about so many bytes; each part costs a compressor. */
const PART_BYTES = 1 << 20
const FIRST_CHUNK_BYTES = 8 << 10
/** What all hours together may hold back. */
const MOST_BYTES = 4 << 20
/** Parts that may wait to be packed and written while more lines come. */
const MOST_WAITING = 3

/**
 * The records of a range that is not closed yet, as packed lines of one local file per hour of event time. No file is held open.
 * Memory holds two numbers per row, a part of the lines of every hour, and a few parts that are being written meanwhile.
 */
export function createOpenSegment({ directory, format }: { readonly directory: string; readonly format: DataFormat }) {
  const hours = new Map<Hour, HourLines>()
  let bytes = 0
  let rows = 0
  let waiting = 0
  let usedBytes = 0
  /** Chunks that were written, for the next ones. */
  const spare: Buffer[] = []
  let writing: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  async function local<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw fromFileSystem(error, { where: 'the local directory', operation: 'write', path })
    }
  }

  async function append(lines: HourLines, buffer: Buffer): Promise<void> {
    if (lines.written === 0) await mkdir(directory, { recursive: true })
    const handle = await open(lines.file, lines.written === 0 ? 'w' : 'r+')
    try {
      if (lines.isTorn) await handle.truncate(lines.written)
      lines.isTorn = true
      for (let done = 0; done < buffer.length; ) {
        done += (await handle.write(buffer, done, buffer.length - done, lines.written + done)).bytesWritten
      }
      lines.isTorn = false
    } finally {
      await handle.close()
    }
    lines.written += buffer.length
  }

  /** Puts the chunk of an hour in the queue. */
  function seal(lines: HourLines): void {
    if (lines.used === 0) return
    lines.waiting.push(lines.chunk.subarray(0, lines.used))
    lines.chunk = Buffer.alloc(0)
    usedBytes -= lines.used
    lines.used = 0
    waiting++
  }

  /** @returns bytes of the line, its newline included */
  function put(lines: HourLines, { head, body, from }: SplicedLine): number {
    const length = head.length + body.length - from + 1
    const needed = lines.used + length
    if (needed > lines.chunk.length) {
      const grown =
        (needed <= PART_BYTES && spare.pop()) ||
        Buffer.allocUnsafe(Math.max(needed, FIRST_CHUNK_BYTES, lines.chunk.length * 2))
      lines.chunk.copy(grown, 0, 0, lines.used)
      lines.chunk = grown
    }
    if (head !== '') lines.chunk.write(head, lines.used, 'latin1')
    body.copy(lines.chunk, lines.used + head.length, from)
    lines.chunk[needed - 1] = NEWLINE
    lines.used = needed
    usedBytes += length
    if (needed > PART_BYTES - length) seal(lines)
    else if (usedBytes > MOST_BYTES) for (const other of hours.values()) seal(other)
    return length
  }

  async function writeWaiting(): Promise<void> {
    for (const lines of hours.values()) {
      for (let part = lines.waiting[0]; part; part = lines.waiting[0]) {
        const packed = format.pack ? await format.pack(part) : part
        await local(lines.file, () => append(lines, packed))
        lines.waiting.shift()
        waiting--
        const whole = Buffer.from(part.buffer as ArrayBuffer)
        if (whole.length === PART_BYTES && spare.length < MOST_WAITING) spare.push(whole)
      }
    }
  }

  /** Begins to write what waits. An error of it is thrown by the next look. */
  function startWriting(): void {
    writing ??= writeWaiting()
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(() => {
        writing = undefined
      })
  }

  function throwFailure(): void {
    if (!failure) return
    const { error } = failure
    failure = undefined
    throw error
  }

  /** Puts everything on the local disk. */
  async function settle(): Promise<void> {
    await writing
    throwFailure()
    for (const lines of hours.values()) seal(lines)
    while (waiting > 0) {
      startWriting()
      await writing
      throwFailure()
    }
  }

  /** Rewrites the lines of an hour without the first `count`. */
  async function dropLines(lines: HourLines, count: number): Promise<void> {
    const kept = `${lines.file}.kept`
    let row = 0
    let bytes = 0
    let written = 0
    await local(kept, async () => {
      const handle = await open(kept, 'w')
      try {
        const packedFile = createReadStream(lines.file, { end: lines.written - 1 })
        for await (const batch of readLines(format.unpack?.(packedFile) ?? packedFile)) {
          const rest = batch.slice(Math.max(0, Math.min(count - row, batch.length)))
          row += batch.length
          if (rest.length === 0) continue
          const buffer = Buffer.concat(rest.flatMap(line => [line, LINE_END]))
          const packed = format.pack ? await format.pack(buffer) : buffer
          await handle.writeFile(packed)
          bytes += buffer.length
          written += packed.length
        }
      } finally {
        await handle.close()
      }
      await rename(kept, lines.file)
    })
    lines.bytes = bytes
    lines.written = written
    lines.offsets.splice(0, count)
    lines.eventTimes.splice(0, count)
  }

  return {
    get rows() {
      return rows
    },
    /** Bytes of the lines, newlines included. */
    get bytes() {
      return bytes
    },
    get hours() {
      return hours.size
    },
    has: (hour: Hour): boolean => hours.has(hour),
    add(row: SegmentRow): void {
      let lines = hours.get(row.hour)
      if (!lines) {
        lines = {
          file: join(directory, `${row.hour}.lines`),
          bytes: 0,
          written: 0,
          isTorn: false,
          waiting: [],
          chunk: Buffer.alloc(0),
          used: 0,
          offsets: [],
          eventTimes: [],
        }
        hours.set(row.hour, lines)
      }
      const length = put(lines, splicedLine(row.line))
      lines.bytes += length
      lines.offsets.push(row.offset)
      lines.eventTimes.push(row.eventTimeMs)
      bytes += length
      rows += 1
    },
    /** Lets whole parts go to the local disk, and waits while too many of them do. */
    async flush(): Promise<void> {
      throwFailure()
      if (waiting > 0) startWriting()
      if (waiting <= MOST_WAITING) return
      await writing
      throwFailure()
    },
    /** Forgets the rows up to and including `offset`; may be called again when it failed. */
    async dropThrough(offset: number): Promise<void> {
      await settle()
      for (const [hour, lines] of hours) {
        const index = lines.offsets.findIndex(other => other > offset)
        if (index === 0) continue
        if (index < 0) {
          await rm(lines.file, { force: true })
          hours.delete(hour)
        } else await dropLines(lines, index)
      }
      rows = 0
      bytes = 0
      for (const lines of hours.values()) {
        rows += lines.offsets.length
        bytes += lines.bytes
      }
    },
    /** Smallest and largest event time of the rows whose time can be believed. */
    eventTimeSpan(): { readonly fromMs: number; readonly toMs: number } | null {
      let fromMs = Number.POSITIVE_INFINITY
      let toMs = Number.NEGATIVE_INFINITY
      for (const [hour, lines] of hours) {
        if (hour === QUARANTINE) continue
        for (const ms of lines.eventTimes) {
          if (ms === null) continue
          if (ms < fromMs) fromMs = ms
          if (ms > toMs) toMs = ms
        }
      }
      return fromMs <= toMs ? { fromMs, toMs } : null
    },
    /** Makes the data files, one per hour. */
    async build(): Promise<BuiltFile[]> {
      await settle()
      const built: BuiltFile[] = []
      for (const [hour, lines] of hours) {
        const localFile = `${lines.file}.${format.name}`
        await format.finish(lines.file, localFile, lines.offsets)
        built.push({ hour, localFile, rows: lines.offsets.length, ...(await fileDigest(localFile)) })
      }
      return built
    },
    /** Removes the local files. */
    async discard(): Promise<void> {
      await writing
      failure = undefined
      waiting = 0
      usedBytes = 0
      hours.clear()
      rows = 0
      bytes = 0
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export type OpenSegment = ReturnType<typeof createOpenSegment>
