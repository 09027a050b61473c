import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { MAX_RECORD_BYTES } from '@millrace/contracts'
import { CodedError, systemReason } from '@millrace/runtime'
import { simulationError } from './errors.ts'

const CHUNK_BYTES = 1 << 20
const NEWLINE = 0x0a
/** The gateway's default limit of a body. A record is smaller under any settings; the gateway refuses shorter lines that exceed it. */
const MAX_LINE_BYTES = 8 * MAX_RECORD_BYTES
const EXPECTED = 'Expected is a file with one JSON object a line.'

/** First bytes of files that hold no lines of UTF-8, and what helps. */
const OTHER_FORMATS = [
  { bytes: [0x1f, 0x8b], reason: 'it is compressed with gzip: unpack it first, for example with "gunzip".' },
  {
    bytes: [0x28, 0xb5, 0x2f, 0xfd],
    reason: 'it is compressed with zstd: unpack it first, for example with "unzstd".',
  },
  { bytes: [0xfe, 0xff], reason: 'it is UTF-16: convert it, for example with "iconv -f UTF-16 -t UTF-8".' },
  { bytes: [0xff, 0xfe], reason: 'it is UTF-16: convert it, for example with "iconv -f UTF-16 -t UTF-8".' },
] as const

/** A line of a recorded file that is not blank. */
export interface ReplayLine {
  /** From 1, blank lines included. */
  readonly number: number
  readonly text: string
  /** Share of the file up to the end of the line, 0 to 1; 0 where the size is not known, as of a pipe. */
  readonly share: number
}

/**
 * Reads the lines of a recorded file as they are asked for. A file of another format ends before its first line, and one without
 * any line is an error.
 * @throws SimulationError `read_failed` from every call that reads
 */
export function* readReplayLines(path: string): Generator<ReplayLine> {
  try {
    yield* linesOf(path)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const reason = `${systemReason(error)}. ${EXPECTED}`
    throw simulationError('read_failed', { path, reason }, error)
  }
}

function* linesOf(path: string): Generator<ReplayLine> {
  const { size } = statSync(path)
  let bytesRead = 0
  let number = 0
  let isEmpty = true
  for (const bytes of splitLines(chunksOf(path), path)) {
    const text = textOf(bytes, path, ++number)
    bytesRead += bytes.length + 1
    if (text === '') continue
    isEmpty = false
    yield { number, text, share: size > 0 ? Math.min(1, bytesRead / size) : 0 }
  }
  if (isEmpty) throw simulationError('read_failed', { path, reason: `it has no events. ${EXPECTED}` })
}

/** The bytes of a file; each chunk only until the next one is taken. */
function* chunksOf(path: string): Generator<Buffer> {
  const handle = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (let isFirst = true; ; isFirst = false) {
      const count = readSync(handle, chunk)
      if (count === 0) return
      if (isFirst) checkFormat(chunk.subarray(0, count), path)
      yield chunk.subarray(0, count)
    }
  } finally {
    closeSync(handle)
  }
}

function* splitLines(chunks: Iterable<Buffer>, path: string): Generator<Buffer> {
  let number = 1
  let parts: Buffer[] = []
  let lineBytes = 0
  const add = (part: Buffer): void => {
    parts.push(part)
    lineBytes += part.length
    if (lineBytes > MAX_LINE_BYTES) throw simulationError('read_failed', { path, reason: tooLarge(number) })
  }
  for (const chunk of chunks) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, to))
      yield parts.length === 1 ? parts[0]! : Buffer.concat(parts)
      parts = []
      lineBytes = 0
      number++
      from = to + 1
    }
    add(Buffer.from(chunk.subarray(from)))
  }
  yield Buffer.concat(parts)
}

const tooLarge = (number: number): string =>
  `line ${number} is larger than ${MAX_LINE_BYTES} bytes, the largest body that the gateway accepts (a record has at most ${MAX_RECORD_BYTES} bytes): remove or split it.`

function checkFormat(start: Buffer, path: string): void {
  const format = OTHER_FORMATS.find(({ bytes }) => bytes.every((byte, index) => start[index] === byte))
  if (format) throw simulationError('read_failed', { path, reason: format.reason })
}

/** Decoding what is not UTF-8 would alter it. */
function textOf(line: Buffer, path: string, number: number): string {
  if (isUtf8(line)) return line.toString().trim()
  const reason = `line ${number} is not UTF-8: convert the file, for example with "iconv -f LATIN1 -t UTF-8".`
  throw simulationError('read_failed', { path, reason })
}
