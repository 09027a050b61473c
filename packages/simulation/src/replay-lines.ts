import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import { CodedError } from '@millrace/runtime'
import { simulationError } from './errors.ts'

const CHUNK_BYTES = 1 << 20
const NEWLINE = 0x0a

/** A line of a recorded file that is not blank. */
export interface ReplayLine {
  /** From 1, blank lines included. */
  readonly number: number
  readonly text: string
}

/**
 * Reads the lines of a recorded file as they are asked for.
 * @throws SimulationError `read_failed` from every call that reads
 */
export function* readReplayLines(path: string): Generator<ReplayLine> {
  try {
    yield* linesOf(path)
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw simulationError('read_failed', { path, reason: (error as Error).message }, error)
  }
}

function* linesOf(path: string): Generator<ReplayLine> {
  const handle = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    let rest: Buffer = Buffer.alloc(0)
    let number = 0
    for (;;) {
      const count = readSync(handle, chunk)
      const bytes = Buffer.concat([rest, chunk.subarray(0, count)])
      let from = 0
      for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
        const text = textOf(bytes.subarray(from, to), path, ++number)
        if (text !== '') yield { number, text }
        from = to + 1
      }
      rest = bytes.subarray(from)
      if (count > 0) continue
      const text = textOf(rest, path, number + 1)
      if (text !== '') yield { number: number + 1, text }
      return
    }
  } finally {
    closeSync(handle)
  }
}

/** Decoding what is not UTF-8 would alter it. */
function textOf(line: Buffer, path: string, number: number): string {
  if (isUtf8(line)) return line.toString().trim()
  const reason = `line ${number} is not UTF-8: convert the file, for example with "iconv -f LATIN1 -t UTF-8".`
  throw simulationError('read_failed', { path, reason })
}
