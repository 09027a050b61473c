import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileDigest } from '../data-file.ts'
import { fromFileSystem } from '../errors.ts'
import type { DataFormat } from '../formats/data-format.ts'
import { readLines } from '../formats/read-lines.ts'

export const QUARANTINE = 'quarantine'
const HOUR_MS = 3_600_000
const NEWLINE = Buffer.from('\n')

/** Start of a UTC hour in ms since the epoch, or the place for event times that cannot be believed. */
export type Hour = number | typeof QUARANTINE

export const hourOf = (eventTimeMs: number): number => Math.floor(eventTimeMs / HOUR_MS) * HOUR_MS

export interface SegmentRow {
  readonly offset: number
  readonly hour: Hour
  /** Null when it could not be read. */
  readonly eventTimeMs: number | null
  /** As encoded by the format, without newline. */
  readonly line: string | Buffer
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
  /** Bytes of the file that count. */
  written: number
  /** Whether a write that failed may have left something behind them. */
  isTorn: boolean
  pending: Buffer[]
  offsets: number[]
  eventTimes: (number | null)[]
}

/**
 * The records of a range that is not closed yet, as lines of one local file per hour of event time. No file is held open,
 * and memory holds two numbers per row besides what `add` took since the last `flush`.
 */
export function createOpenSegment({ directory, format }: { readonly directory: string; readonly format: DataFormat }) {
  const hours = new Map<Hour, HourLines>()
  let bytes = 0
  let rows = 0

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
    lines.pending = []
  }

  async function flush(): Promise<void> {
    for (const lines of hours.values()) {
      if (lines.pending.length > 0) await local(lines.file, () => append(lines, Buffer.concat(lines.pending)))
    }
  }

  /** Rewrites the lines of an hour without the first `count`. */
  async function dropLines(lines: HourLines, count: number): Promise<void> {
    const kept = `${lines.file}.kept`
    let row = 0
    let written = 0
    await local(kept, async () => {
      const handle = await open(kept, 'w')
      try {
        for await (const batch of readLines(createReadStream(lines.file, { end: lines.written - 1 }))) {
          const rest = batch.slice(Math.max(0, Math.min(count - row, batch.length)))
          row += batch.length
          if (rest.length === 0) continue
          const buffer = Buffer.concat(rest.flatMap(line => [line, NEWLINE]))
          await handle.writeFile(buffer)
          written += buffer.length
        }
      } finally {
        await handle.close()
      }
      await rename(kept, lines.file)
    })
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
    get hours(): readonly Hour[] {
      return [...hours.keys()]
    },
    add(row: SegmentRow): void {
      let lines = hours.get(row.hour)
      if (!lines) {
        lines = {
          file: join(directory, `${row.hour}.lines`),
          written: 0,
          isTorn: false,
          pending: [],
          offsets: [],
          eventTimes: [],
        }
        hours.set(row.hour, lines)
      }
      const line = Buffer.from(row.line)
      lines.pending.push(line, NEWLINE)
      lines.offsets.push(row.offset)
      lines.eventTimes.push(row.eventTimeMs)
      bytes += line.length + 1
      rows += 1
    },
    flush,
    /** Forgets the rows up to and including `offset`; may be called again when it failed. */
    async dropThrough(offset: number): Promise<void> {
      await flush()
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
        bytes += lines.written
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
      await flush()
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
      hours.clear()
      rows = 0
      bytes = 0
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export type OpenSegment = ReturnType<typeof createOpenSegment>
