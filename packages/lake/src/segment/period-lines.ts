import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectory } from '@millrace/runtime'
import { fromFileSystem } from '../errors.ts'
import type { DataFormat, Line, SplicedLine } from '../formats/data-format.ts'
import { readLines } from '../formats/read-lines.ts'
import type { BufferPool } from './buffer-pool.ts'
import { DeltaList } from './delta-list.ts'

const NEWLINE = 0x0a
const LINE_END = Buffer.from('\n')
/** Most lines of a period that are packed and written at once; each part costs a compressor. */
const PART_BYTES = 1 << 20

export interface PeriodLinesParts {
  /** The local file of this period. */
  readonly file: string
  readonly format: DataFormat
  readonly pool: BufferPool
}

interface Part {
  readonly buffer: Buffer
  readonly used: number
}

function splicedLine(line: Line): SplicedLine {
  if (typeof line === 'string') return { head: '', body: Buffer.from(line), from: 0 }
  return Buffer.isBuffer(line) ? { head: '', body: line, from: 0 } : line
}

async function local<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fromFileSystem(error, { where: 'the local directory', operation: 'write', path })
  }
}

/** the lines of one period of a segment: the first in a local file, the next sealed as parts to be written, the last in a buffer. */
export class PeriodLines {
  readonly file: string
  /** Of the lines, newlines included. */
  bytes = 0
  /** Bytes of the local file that count. */
  written = 0
  /** One per row. */
  offsets = new DeltaList()
  /** One per row, ms since the epoch. */
  #eventTimes = new DeltaList()
  /** Smallest and largest event time, ms since the epoch. */
  fromMs = Number.POSITIVE_INFINITY
  toMs = Number.NEGATIVE_INFINITY
  readonly #format: DataFormat
  readonly #pool: BufferPool
  /** Whether a failed write may have left bytes behind those that count. */
  #isTorn = false
  /** Oldest first; the first stays until it is written. */
  readonly #sealed: Part[] = []
  #buffer: Buffer | undefined
  #used = 0

  constructor({ file, format, pool }: PeriodLinesParts) {
    this.file = file
    this.#format = format
    this.#pool = pool
  }

  get rows(): number {
    return this.offsets.length
  }

  get bufferedBytes(): number {
    return this.#buffer?.length ?? 0
  }

  get indexBytes(): number {
    return this.offsets.capacity + this.#eventTimes.capacity
  }

  get hasSealed(): boolean {
    return this.#sealed.length > 0
  }

  /** @returns bytes of the line, its newline included */
  add(offset: number, eventTimeMs: number, line: Line): number {
    const length = this.#put(splicedLine(line))
    this.bytes += length
    this.offsets.push(offset)
    this.#eventTimes.push(eventTimeMs)
    this.#widen(eventTimeMs)
    return length
  }

  #widen(eventTimeMs: number): void {
    if (eventTimeMs < this.fromMs) this.fromMs = eventTimeMs
    if (eventTimeMs > this.toMs) this.toMs = eventTimeMs
  }

  #put({ head, body, from }: SplicedLine): number {
    const length = head.length + body.length - from + 1
    const needed = this.#used + length
    let buffer = this.#buffer
    if (!buffer || needed > buffer.length) buffer = this.#grow(needed)
    if (head !== '') buffer.write(head, this.#used, 'latin1')
    body.copy(buffer, this.#used + head.length, from)
    buffer[needed - 1] = NEWLINE
    this.#used = needed
    if (needed > PART_BYTES - length) this.seal()
    return length
  }

  #grow(needed: number): Buffer {
    const old = this.#buffer
    const grown = this.#pool.take(needed)
    if (old) {
      old.copy(grown, 0, 0, this.#used)
      this.#pool.release(old)
    }
    this.#buffer = grown
    return grown
  }

  /** Makes a part of the buffered lines, to be written next. */
  seal(): void {
    if (!this.#buffer) return
    this.#sealed.push({ buffer: this.#buffer, used: this.#used })
    this.#buffer = undefined
    this.#used = 0
  }

  /** Writes the oldest sealed part; when it fails the part stays. */
  async writeNext(): Promise<void> {
    const part = this.#sealed[0]
    if (!part) return
    const lines = part.buffer.subarray(0, part.used)
    const packed = this.#format.pack ? await this.#format.pack(lines) : lines
    await local(this.file, () => this.#append(packed))
    this.#sealed.shift()
    this.#pool.release(part.buffer)
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.written === 0) await makeDirectory(dirname(this.file))
    const handle = await open(this.file, this.written === 0 ? 'w' : 'r+')
    try {
      if (this.#isTorn) await handle.truncate(this.written)
      this.#isTorn = true
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, this.written + done)).bytesWritten
      }
      this.#isTorn = false
    } finally {
      await handle.close()
    }
    this.written += bytes.length
  }

  /** Rewrites the local file without the first `count` rows; all lines are in the file. */
  async dropFirst(count: number): Promise<void> {
    const kept = `${this.file}.kept`
    const { bytes, written } = await local(kept, async () => {
      const sizes = await this.#copyLines(kept, count)
      await rename(kept, this.file)
      return sizes
    })
    this.bytes = bytes
    this.written = written
    this.offsets = withoutFirst(this.offsets, count)
    this.#eventTimes = withoutFirst(this.#eventTimes, count)
    this.fromMs = Number.POSITIVE_INFINITY
    this.toMs = Number.NEGATIVE_INFINITY
    this.#eventTimes.forEach(ms => {
      this.#widen(ms)
    })
  }

  async #copyLines(target: string, firstRow: number): Promise<{ readonly bytes: number; readonly written: number }> {
    let row = 0
    let bytes = 0
    let written = 0
    const handle = await open(target, 'w')
    try {
      const packedFile = createReadStream(this.file, { end: this.written - 1 })
      for await (const batch of readLines(this.#format.unpack?.(packedFile) ?? packedFile)) {
        const rest = batch.slice(Math.max(0, Math.min(firstRow - row, batch.length)))
        row += batch.length
        if (rest.length === 0) continue
        const lines = Buffer.concat(rest.flatMap(line => [line, LINE_END]))
        const packed = this.#format.pack ? await this.#format.pack(lines) : lines
        await handle.writeFile(packed)
        bytes += lines.length
        written += packed.length
      }
    } finally {
      await handle.close()
    }
    return { bytes, written }
  }

  /** Gives the buffers back; nothing is being written. */
  releaseBuffers(): void {
    this.seal()
    for (const { buffer } of this.#sealed.splice(0)) this.#pool.release(buffer)
  }

  async remove(): Promise<void> {
    await rm(this.file, { force: true })
  }
}

function withoutFirst(list: DeltaList, count: number): DeltaList {
  const rest = new DeltaList()
  let index = 0
  list.forEach(value => {
    if (index++ >= count) rest.push(value)
  })
  return rest
}
